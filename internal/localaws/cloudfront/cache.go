package cloudfront

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxEntries = 4096
	maxObject  = 16 << 20 // bytes of an object that is kept
)

// object is an answer of an origin.
type object struct {
	status int
	header http.Header
	body   []byte
	at     time.Time // when it came
	ends   time.Time // until when it may be given again
	mapped bool      // an error page stands in its place
}

// cache keeps objects; when it is full, it starts anew.
type cache struct {
	clock func() time.Time

	mu      sync.Mutex
	objects map[key]*object
}

// key tells objects apart; rest is what the cache policy puts in beside the path.
type key struct{ distribution, path, rest string }

func newCache(clock func() time.Time) *cache {
	return &cache{clock: clock, objects: map[key]*object{}}
}

func (c *cache) get(k key) *object {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.objects[k]
	if found == nil || !c.clock().Before(found.ends) {
		return nil
	}
	return found
}

func (c *cache) put(k key, o *object) {
	if len(o.body) > maxObject || !o.ends.After(o.at) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.objects) >= maxEntries {
		clear(c.objects)
	}
	c.objects[k] = o
}

// invalidate takes out what the paths name: a path, or a beginning and *.
func (c *cache) invalidate(distribution string, paths []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.objects {
		for _, path := range paths {
			if !strings.HasPrefix(path, "/") {
				path = "/" + path
			}
			before, all := strings.CutSuffix(path, "*")
			if k.distribution == distribution && (k.path == path || all && strings.HasPrefix(k.path, before)) {
				delete(c.objects, k)
				break
			}
		}
	}
}

// lifetime gives how long CloudFront keeps an answer: as its Cache-Control or
// Expires say, within the policy's bounds.
func (p *cachePolicy) lifetime(header http.Header, now time.Time) time.Duration {
	seconds := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	control := directives(header.Get("Cache-Control"))
	for _, name := range []string{"no-cache", "no-store", "private"} {
		if _, ok := control[name]; ok {
			return seconds(p.MinTTL)
		}
	}
	said, ok := control["s-maxage"]
	if !ok {
		said, ok = control["max-age"]
	}
	if ok {
		if age, err := strconv.ParseFloat(said, 64); err == nil {
			return seconds(max(p.MinTTL, min(p.MaxTTL, age)))
		}
	}
	if expires, err := http.ParseTime(header.Get("Expires")); err == nil {
		return seconds(max(p.MinTTL, min(p.MaxTTL, expires.Sub(now).Seconds())))
	}
	return seconds(max(p.MinTTL, min(p.MaxTTL, p.DefaultTTL)))
}

func directives(control string) map[string]string {
	found := map[string]string{}
	for part := range strings.SplitSeq(control, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		found[strings.ToLower(name)] = strings.Trim(value, `"`)
	}
	return found
}

// keptErrors are the statuses that CloudFront keeps by itself.
func keptError(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestURITooLong, http.StatusInternalServerError,
		http.StatusNotImplemented, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// errorLifetime gives how long an error is kept: 10 seconds, if the distribution
// says nothing about that status.
func errorLifetime(said *errorResponse, status int, byHeaders time.Duration, hasControl bool) time.Duration {
	const standard = 10 * time.Second
	least := time.Duration(0)
	switch {
	case said != nil && said.ErrorCachingMinTTL != nil:
		least = time.Duration(*said.ErrorCachingMinTTL) * time.Second
	case said != nil || keptError(status):
		least = standard
	default:
		return 0
	}
	if hasControl {
		return max(least, byHeaders)
	}
	return least
}
