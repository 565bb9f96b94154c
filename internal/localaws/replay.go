package localaws

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Bounds of what is kept to be given again.
const (
	replayAge   = 2 * time.Minute // an SDK's attempts are seconds apart
	replayBytes = 1 << 20         // of one answer; those of changes are small
	replayCount = 4096            // answers
)

// replay gives an answer again to whoever lost it. An SDK marks all attempts of
// one call with the same id. When the answer to a change got lost on the way, as
// happens on a busy machine, the next attempt would meet what the first one made:
// "already exists". AWS itself deduplicates by client tokens where it can; here
// every service does, by that id.
type replay struct {
	now func() time.Time

	mu      sync.Mutex
	answers map[string]answer
	order   []string // ids, oldest first
}

// answer is one that was given in full by the emulator.
type answer struct {
	status int
	header http.Header
	body   []byte
	at     time.Time
}

func newReplay(now func() time.Time) *replay {
	return &replay{now: now, answers: map[string]answer{}}
}

// callID gives the id of a call that changes something, "" of any other.
func callID(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return ""
	}
	return r.Header.Get("Amz-Sdk-Invocation-Id")
}

// again reports whether a request is not its call's first attempt.
func again(r *http.Request) bool {
	attempt := r.Header.Get("Amz-Sdk-Request")
	return attempt != "" && !strings.HasPrefix(attempt, "attempt=1;") && attempt != "attempt=1"
}

// give writes the answer that an earlier attempt was given, if there is one.
func (p *replay) give(w http.ResponseWriter, r *http.Request) bool {
	id := callID(r)
	if id == "" || !again(r) {
		return false
	}
	p.mu.Lock()
	kept, ok := p.answers[id]
	p.mu.Unlock()
	if !ok || p.now().Sub(kept.at) > replayAge {
		return false
	}
	for name, values := range kept.header {
		w.Header()[name] = values
	}
	w.WriteHeader(kept.status)
	_, _ = w.Write(kept.body) // the sender may be gone
	return true
}

// keep remembers an answer. An error is not kept: it may well be another one the
// next time, or none.
func (p *replay) keep(response *http.Response) error {
	id := callID(response.Request)
	if id == "" || response.StatusCode >= http.StatusBadRequest || response.ContentLength > replayBytes {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, replayBytes+1))
	if err != nil {
		return err
	}
	if len(body) > replayBytes {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(body), response.Body), response.Body}
		return nil
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.answers[id]; !known {
		p.order = append(p.order, id)
	}
	p.answers[id] = answer{status: response.StatusCode, header: response.Header.Clone(), body: body, at: p.now()}
	for len(p.order) > replayCount || len(p.order) > 0 && p.now().Sub(p.answers[p.order[0]].at) > replayAge {
		delete(p.answers, p.order[0])
		p.order = p.order[1:]
	}
	return nil
}
