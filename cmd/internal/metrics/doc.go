// Package metrics shows outsiders how a running wherry does: /metrics is for
// Prometheus, /healthz for probes. Nothing there names a user.
package metrics
