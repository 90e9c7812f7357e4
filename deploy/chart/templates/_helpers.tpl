{{- define "reconciler.name" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "reconciler.labels" -}}
app.kubernetes.io/name: conference-reconciler
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end }}

{{- define "reconciler.selector" -}}
app.kubernetes.io/name: conference-reconciler
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

{{- /* What a schema does not see: a null removes a key before it is checked. */ -}}
{{- define "reconciler.checks" -}}
{{- if not (kindIs "map" .Values.rosters) }}{{ fail "rosters is gone: a value of null removed it" }}{{ end -}}
{{- range $name := list "rooms" "files" }}
{{- if not (kindIs "map" (index $.Values.rosters $name)) }}{{ fail (printf "rosters.%s is gone: a value of null removed it" $name) }}{{ end -}}
{{- end }}
{{- range $name, $room := .Values.rosters.rooms }}
{{- if not (kindIs "map" $room) }}{{ fail (printf "rosters.rooms.%s is no room" $name) }}{{ end -}}
{{- if not (get $room "participants") }}{{ fail (printf "rosters.rooms.%s has no participants: everybody would be removed" $name) }}{{ end -}}
{{- end }}
{{- if and (include "reconciler.ownRosters" .) (not .Values.rosters.rooms) (not .Values.rosters.files) (not .Values.rosters.allowNone) }}
{{- fail "no rosters: set rosters.rooms, rosters.files, rosters.configMap or rosters.gitSync.repo; without any, rosters.allowNone=true" }}
{{- end }}
{{- if and (gt (int .Values.replicas) 1) (eq .Values.database.kind "sqlite") }}
{{- fail "replicas is more than 1: that needs database.kind=postgresql" }}
{{- end }}
{{- if and .Values.rosters.gitSync.repo (not .Values.rosters.gitSync.image) }}
{{- fail "rosters.gitSync.repo is set: set rosters.gitSync.image, too" }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}
{{- fail "ingress.enabled is true: set ingress.host" }}
{{- end }}
{{- if not (or .Values.account.authTokenKey (and .Values.account.apiKeyKey .Values.account.apiSecretKey)) }}
{{- fail "no credentials: set account.authTokenKey, or account.apiKeyKey and account.apiSecretKey" }}
{{- end }}
{{- end }}
