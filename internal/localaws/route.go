package localaws

import "net/http"

// Route is something that the proxy answers itself instead of the emulator:
// its health, and what moto has no data plane for.
type Route struct {
	Name    string                   // appears in the log as the operation
	Match   func(*http.Request) bool // reads nothing of the body
	Handler http.Handler
	// Through, in the place of Handler, gives a handler that sees a request on
	// its way to the emulator, and the answer on its way back. The log has the
	// request's own operation then.
	Through func(emulator http.Handler) http.Handler
}

// HealthPath answers whether the proxy and its emulator are up.
const HealthPath = "/_mandala/health"
