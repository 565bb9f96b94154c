package dashboard

import (
	"bytes"
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

// looks keeps what was seen last of each environment, so that many open pages ask no
// more often than one.
type looks struct {
	options Options
	one     map[string]*look
}

type look struct {
	mu      sync.Mutex
	card    card
	next    time.Time // before which nobody looks again
	running bool
}

const (
	fewest  = 5                // looks at a run for one at what rests
	patient = 20 * time.Second // for one look
)

func newLooks(options Options) *looks {
	l := &looks{options: options, one: map[string]*look{}}
	for _, name := range options.Source.Names() {
		l.one[name] = &look{}
	}
	return l
}

// all gives the cards of all environments, looked at side by side.
func (l *looks) all(ctx context.Context) []card {
	names := l.options.Source.Names()
	cards := make([]card, len(names))
	var group errgroup.Group
	group.SetLimit(4)
	for i, name := range names {
		group.Go(func() error {
			cards[i] = l.get(ctx, name)
			return nil
		})
	}
	_ = group.Wait() // a card tells its own error
	return cards
}

// get gives the card of an environment, looking anew where it is time to.
func (l *looks) get(ctx context.Context, name string) card {
	one := l.one[name]
	one.mu.Lock()
	defer one.mu.Unlock()
	if now := l.options.Now(); !now.Before(one.next) {
		looking, cancel := context.WithTimeout(ctx, patient)
		defer cancel()
		standing, err := l.options.Source.Look(looking, name)
		if ctx.Err() != nil {
			return one.card // who asked is gone: that says nothing of the environment
		}
		if err != nil {
			one.card = card{Name: secrecy.Cut(secrecy.Visible(name), maxName), ID: idOf(name), Error: reason(err)}
		} else {
			one.card = cardOf(standing, now)
		}
		one.running = standing != nil && standing.Running != nil
		wait := l.options.Refresh
		if one.running {
			wait /= fewest
		}
		one.next = l.options.Now().Add(wait)
	}
	return one.card
}

// reason says why an environment cannot be looked at.
func reason(err error) string {
	text := err.Error()
	if found := problem.Find(err); len(found) > 0 {
		text = found[0].What + " [" + string(found[0].Code) + "]"
	}
	return secrecy.Cut(secrecy.Visible(secrecy.Prose(text)), maxText)
}

// rendered gives the HTML of a card.
func rendered(c card) (string, error) {
	parsed, err := templates()
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := parsed.ExecuteTemplate(&b, "card", c); err != nil {
		return "", err
	}
	return b.String(), nil
}
