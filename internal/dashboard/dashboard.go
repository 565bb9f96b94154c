// Package dashboard serves how environments stand, and the reports of their deployments,
// to a browser of this machine: on loopback, to who has the address's token, and to look
// at only.
package dashboard

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Source tells of the environments.
type Source interface {
	// Names gives the environments, in the order in which they are shown.
	Names() []string
	// Look reads how one stands.
	Look(ctx context.Context, environment string) (*Standing, error)
	// Report gives the report of a deployment as HTML; links leads to those of others.
	Report(ctx context.Context, environment, id string, links func(id string) string) ([]byte, error)
}

// Standing is how an environment stands.
type Standing struct {
	engine.Overview
	Drift *Drift // as it was looked for last; nil where nobody here did
}

// Drift is what was found the last time that somebody looked.
type Drift struct {
	Environment string    `json:"environment"`
	At          time.Time `json:"at"`
	Resources   int       `json:"resources"` // that differed
	Layers      []string  `json:"layers"`    // in which they are
}

// Options say how a server works.
type Options struct {
	Token   string // part of every address
	Source  Source
	Now     func() time.Time
	Refresh time.Duration // between two looks at an environment; while a run is under way, a fifth of it
	Only    string        // "ENV/ID": serve that report and nothing else
}

// Server serves.
type Server struct {
	options Options
	looks   *looks
}

// New gives a server.
func New(options Options) *Server {
	return &Server{options: options, looks: newLooks(options)}
}

// policy is the content security policy of the dashboard: its own style and script, and
// requests to where it came from.
func policy() string {
	return "default-src 'none'; script-src '" + hashed(script) + "'; style-src '" + hashed(style()) + "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// ServeHTTP answers who names the token, by a name of this machine's own.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer") // the address has the token
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	switch rest, known := s.admit(r); {
	case !loopbackName(r.Host):
		http.Error(w, "This is served to this machine only.", http.StatusForbidden)
	case !known:
		http.Error(w, "There is nothing here. The whole address, with its token, leads to the dashboard.", http.StatusNotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "This is to look at only.", http.StatusMethodNotAllowed)
	default:
		s.route(w, r, rest)
	}
}

// admit gives what of the path follows the token, where that is the right one.
func (s *Server) admit(r *http.Request) (rest string, ok bool) {
	given, rest, cut := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.options.Token))
	right := subtle.ConstantTimeCompare(a[:], b[:]) == 1
	return rest, right && cut && s.options.Token != ""
}

// loopbackName reports whether a Host header names this machine by a name that no other
// page can make its own: a page elsewhere that has its name resolved to 127.0.0.1 sends
// that name.
func loopbackName(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	return name == "localhost" || name == "127.0.0.1" || name == "::1"
}

func (s *Server) route(w http.ResponseWriter, r *http.Request, rest string) {
	only := s.options.Only
	switch parts := strings.Split(rest, "/"); {
	case rest == "" && only != "":
		http.Redirect(w, r, "report/"+only, http.StatusSeeOther)
	case rest == "" && only == "":
		s.page(w, r)
	case rest == "live" && only == "":
		s.live(w, r)
	case len(parts) == 3 && parts[0] == "report" && (only == "" || only == parts[1]+"/"+parts[2]):
		s.report(w, r, parts[1], parts[2])
	default:
		http.Error(w, "There is no such page.", http.StatusNotFound)
	}
}

// Serve answers on a listener until the context ends.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	const patience = 2 * time.Second
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		if server.Shutdown(closing) != nil {
			_ = server.Close()
		}
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
