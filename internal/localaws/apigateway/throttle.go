package apigateway

import (
	"strings"
	"sync"
	"time"
)

// limits holds a token bucket for each setting of each stage.
type limits struct {
	clock   func() time.Time
	mu      sync.Mutex
	buckets map[string]*bucket
}

func newLimits(clock func() time.Time) *limits {
	return &limits{clock: clock, buckets: map[string]*bucket{}}
}

// bucket holds the requests that may come at once; it fills up at the rate.
type bucket struct {
	setting methodSetting
	tokens  float64
	at      time.Time
}

// take reports whether a request may pass. A method's own setting comes before
// that of the stage; without any there is no limit here.
func (l *limits) take(c *call) bool {
	own := "/" + strings.ReplaceAll(strings.TrimPrefix(c.resource.Path, "/"), "/", "~1") + "/" + c.request.Method
	for _, key := range []string{"~1" + own[1:], own[1:], "*/*"} {
		setting, ok := c.stage.MethodSettings[key]
		if !ok {
			continue
		}
		if setting.ThrottlingRateLimit <= 0 && setting.ThrottlingBurstLimit <= 0 {
			// -1 takes the limit away, 0 closes the method.
			return setting.ThrottlingRateLimit < 0
		}
		return l.from(c.stage.rest.ID+"/"+c.stage.StageName+"/"+key, setting)
	}
	return true
}

func (l *limits) from(key string, setting methodSetting) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	b := l.buckets[key]
	if b == nil || b.setting != setting {
		b = &bucket{setting: setting, tokens: float64(setting.ThrottlingBurstLimit), at: now}
		l.buckets[key] = b
	}
	b.tokens = min(float64(setting.ThrottlingBurstLimit), b.tokens+now.Sub(b.at).Seconds()*setting.ThrottlingRateLimit)
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
