{{- define "reconciler.name" -}}
{{- $release := .Release.Name -}}
{{- with .Values.nameOverride }}{{ $release = printf "%s-%s" $release . }}{{ end -}}
{{- default $release .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "reconciler.labels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- define "reconciler.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "reconciler.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end }}

{{- define "reconciler.ownRosters" -}}
{{- if and (not .Values.rosters.configMap) (not .Values.rosters.gitSync.repo) }}yes{{ end -}}
{{- end }}

{{- /* The key of a room in the ConfigMap: a legal name of a conference may be no key. */ -}}
{{- define "reconciler.key" -}}
{{- if regexMatch "^[A-Za-z0-9][A-Za-z0-9._-]*$" . -}}
{{ . }}.yaml
{{- else -}}
{{ regexReplaceAll "[^A-Za-z0-9]+" . "-" | trimAll "-" | default "room" | trunc 64 }}-{{ sha256sum . | trunc 16 }}.yaml
{{- end -}}
{{- end }}
