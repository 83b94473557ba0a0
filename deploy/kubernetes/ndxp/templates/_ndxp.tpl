{{- /* What all objects and pods have in common. The argument of most is (dict "root" $ "name" NAME). */}}

{{- define "ndxp.selector" -}}
app.kubernetes.io/part-of: ndxp
app.kubernetes.io/name: {{ .name }}
{{- end }}

{{- define "ndxp.labels" -}}
{{ include "ndxp.selector" . }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "ndxp.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels: {{- include "ndxp.labels" . | nindent 2 }}
{{- end }}

{{- /* Annotations by which Prometheus finds a pod; "port" and "path" of its numbers. */}}
{{- define "ndxp.scraped" -}}
{{- if .root.Values.metrics.annotations }}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .port | default 9464 | quote }}
prometheus.io/path: {{ .path | default "/metrics" }}
{{- end }}
{{- end }}

{{- /* A pod: an ordinary user without an account of the cluster's, as the "restricted" standard of Kubernetes wants it. */}}
{{- define "ndxp.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user | default 10001 }}
  runAsGroup: {{ .user | default 10001 }}
  fsGroup: {{ .user | default 10001 }}
  fsGroupChangePolicy: OnRootMismatch  # keys keep the modes they were made with
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "ndxp.confined" -}}
imagePullPolicy: {{ .Values.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- /* Replicas on different nodes, as far as that goes. */}}
{{- define "ndxp.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "ndxp.selector" . | nindent 8 }}
{{- end }}

{{- /* Who shares a volume that one node only can mount has to be on that node; the first of them is free to choose. */}}
{{- define "ndxp.beside-the-keys" -}}
{{- if eq .root.Values.control.keys.accessMode "ReadWriteOnce" -}}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {app.kubernetes.io/part-of: ndxp, ndxp/keys: shared}
{{- else -}}
{{ include "ndxp.spread" . }}
{{- end }}
{{- end }}

{{- define "ndxp.tmp" -}}
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: 16Mi}
{{- end }}

{{- define "ndxp.addresses" -}}
{{- $addresses := dict "VN/GOV/G22/exchange" "control:50060" }}
{{- range $name, $agency := .Values.agencies }}
{{- range prepend ($agency.more | default list) $agency.subsystem }}
{{- $_ := set $addresses . (printf "%s:%v" $name $agency.port) }}
{{- end }}
{{- end }}
{{- toJson $addresses }}
{{- end }}

{{- /* Environment: a value from a Secret, and settings by value. */}}
{{- define "ndxp.secret" -}}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
{{- end }}

{{- define "ndxp.settings" -}}
{{- range $name, $value := . }}
- {name: {{ $name }}, value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}}
{{- end }}
{{- end }}

{{- define "ndxp.store" -}}
{{ include "ndxp.secret" (dict "name" "NDXP_REDIS_URL" "secret" .Values.redis.secret "key" .Values.redis.key) }}
- {name: NDXP_DURABILITY, value: {{ .Values.durability }}}
- {name: NDXP_MAX_BACKLOG, value: {{ .Values.maxBacklog | int64 | quote }}}
{{- end }}
