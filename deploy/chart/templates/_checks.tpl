{{- /* What spans several values: a sentence each. Single values are values.schema.json's. */ -}}
{{- define "reconciler.checks" -}}
{{- include "reconciler.nameChecks" . }}
{{- include "reconciler.rosterChecks" . }}
{{- include "reconciler.databaseChecks" . }}
{{- include "reconciler.accountChecks" . }}
{{- include "reconciler.variableChecks" . }}
{{- include "reconciler.ingressChecks" . }}
{{- include "reconciler.policyChecks" . }}
{{- if and .Values.notify.secret (not .Values.notify.key) }}
{{- fail "notify.secret is set: set notify.key, too" }}
{{- end }}
{{- end }}

{{- define "reconciler.ingressChecks" -}}
{{- $ingress := .Values.ingress }}
{{- $url := .Values.daemon.publicUrl }}
{{- if $ingress.enabled }}
{{- if not $ingress.host }}
{{- fail "ingress.enabled is true: set ingress.host" }}
{{- end }}
{{- if not $url }}
{{- fail (printf "ingress.enabled is true, but without daemon.publicUrl nobody listens for webhooks: set daemon.publicUrl to https://%s" $ingress.host) }}
{{- end }}
{{- if ne (lower (get (urlParse $url) "hostname")) (lower $ingress.host) }}
{{- fail (printf "ingress.host is %s, but daemon.publicUrl is %s: Twilio would call another host: write one host in both, or behind a further proxy set ingress.enabled=false and make the Ingress yourself" $ingress.host $url) }}
{{- end }}
{{- else }}
{{- range $name := list "host" "className" "tlsSecret" }}
{{- if index $ingress $name }}
{{- fail (printf "ingress.%s is set, but there is no ingress: set ingress.enabled=true, or remove it" $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "reconciler.policyChecks" -}}
{{- if and .Values.networkPolicy.admin (not .Values.networkPolicy.enabled) }}
{{- fail "networkPolicy.admin is set, but there is no policy: set networkPolicy.enabled=true, or remove it" }}
{{- end }}
{{- end }}

{{- define "reconciler.nameChecks" -}}
{{- $name := include "reconciler.name" . }}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) }}
{{- fail (printf "%s is no name of a Service: use another release name, or set fullnameOverride to small letters, digits and hyphens that begin with a letter" $name) }}
{{- end }}
{{- end }}

{{- define "reconciler.rosterChecks" -}}
{{- $rosters := .Values.rosters }}
{{- $keys := dict }}
{{- range $name, $room := $rosters.rooms }}
{{- if not (kindIs "map" $room) }}{{ fail (printf "rosters.rooms.%s is no room" $name) }}{{ end -}}
{{- if not (or $room.participants $room.groups $room.include (eq (toString $room.state) "ended")) }}
{{- fail (printf "rosters.rooms.%s has no participants: everybody would be removed" $name) }}
{{- end }}
{{- $key := include "reconciler.key" $name }}
{{- if hasKey $rosters.files $key }}
{{- fail (printf "rosters.rooms.%s and rosters.files.%s are the same file: rename the latter" $name $key) }}
{{- end }}
{{- end }}
{{- $own := or $rosters.rooms $rosters.files }}
{{- if and $rosters.gitSync.repo (not $rosters.gitSync.image) }}
{{- fail "rosters.gitSync.repo is set: set rosters.gitSync.image, too" }}
{{- end }}
{{- if and $rosters.configMap $rosters.gitSync.repo }}
{{- fail "rosters.configMap and rosters.gitSync.repo are both set: remove one of them" }}
{{- end }}
{{- if and $own $rosters.configMap }}
{{- fail "rosters.configMap is set beside rosters.rooms or rosters.files: remove one of them" }}
{{- end }}
{{- if and $own $rosters.gitSync.repo }}
{{- fail "rosters.gitSync.repo is set beside rosters.rooms or rosters.files: remove one of them" }}
{{- end }}
{{- if not (or $own $rosters.configMap $rosters.gitSync.repo $rosters.allowNone) }}
{{- fail "no rosters: set rosters.rooms, rosters.files, rosters.configMap or rosters.gitSync.repo; without any, rosters.allowNone=true" }}
{{- end }}
{{- range $name := list "image" "secret" }}
{{- if and (index $rosters.gitSync $name) (not $rosters.gitSync.repo) }}
{{- fail (printf "rosters.gitSync.%s is set: set rosters.gitSync.repo, too" $name) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "reconciler.databaseChecks" -}}
{{- $database := .Values.database }}
{{- if eq $database.kind "sqlite" }}
{{- if gt (int .Values.replicas) 1 }}
{{- fail "replicas is more than 1: that needs database.kind=postgresql" }}
{{- end }}
{{- if $database.secret }}
{{- fail "database.secret is set, but SQLite has none: set database.kind=postgresql or remove database.secret" }}
{{- end }}
{{- else }}
{{- range $name := list "secret" "urlKey" }}
{{- if not (index $database $name) }}{{ fail (printf "database.kind is postgresql: set database.%s" $name) }}{{ end -}}
{{- end }}
{{- if $database.storageClass }}
{{- fail "database.storageClass is set, but PostgreSQL has no volume here: remove it or set database.kind=sqlite" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "reconciler.accountChecks" -}}
{{- $account := .Values.account }}
{{- if and $account.apiKeyKey (not $account.apiSecretKey) }}
{{- fail "account.apiKeyKey is set: set account.apiSecretKey, too" }}
{{- end }}
{{- if and $account.apiSecretKey (not $account.apiKeyKey) }}
{{- fail "account.apiSecretKey is set: set account.apiKeyKey, too" }}
{{- end }}
{{- if not (or $account.authTokenKey $account.apiKeyKey) }}
{{- fail "no credentials: set account.authTokenKey, or account.apiKeyKey and account.apiSecretKey" }}
{{- end }}
{{- if and .Values.daemon.publicUrl (not $account.authTokenKey) (not .Values.daemon.env.RECONCILER_WEBHOOK_SECRETS) }}
{{- fail "daemon.publicUrl is set: webhooks are verified with the auth token, set account.authTokenKey" }}
{{- end }}
{{- end }}

{{- define "reconciler.variableChecks" -}}
{{- $values := dict
  "TWILIO_ACCOUNT_SID" "account.sid"
  "TWILIO_AUTH_TOKEN" "account.secret and account.authTokenKey"
  "TWILIO_API_KEY" "account.secret and account.apiKeyKey"
  "TWILIO_API_SECRET" "account.secret and account.apiSecretKey"
  "RECONCILER_DATABASE_URL" "database"
  "RECONCILER_DESIRED" "rosters"
  "RECONCILER_LISTEN" "service"
  "RECONCILER_ADMIN_LISTEN" "service"
  "RECONCILER_RESYNC" "daemon.resync"
  "RECONCILER_PUBLIC_URL" "daemon.publicUrl"
  "RECONCILER_POLICY" "policy"
  "RECONCILER_NOTIFY" "notify.secret"
  "RECONCILER_SCALE" "replicas"
}}
{{- $known := .Files.Lines "files/settings.txt" }}
{{- range $name, $ := .Values.daemon.env }}
{{- with get $values (trimSuffix "_FILE" $name) }}
{{- fail (printf "daemon.env.%s is a variable of the chart: use %s instead" $name .) }}
{{- end }}
{{- if and (regexMatch "^(?i)(RECONCILER|TWILIO)_" $name) (not (has $name $known)) }}
{{- fail (printf "daemon.env.%s is no setting of reconciler: remove or correct it" $name) }}
{{- end }}
{{- end }}
{{- end }}
