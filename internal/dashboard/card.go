package dashboard

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/report"
	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

// card is how one environment is shown.
type card struct {
	Name    string
	ID      string // of its element
	Error   string // why nothing is known; then only Name is set beside it
	Version string
	State   report.State
	Since   report.Moment
	Facts   []line
	Running *running
	Recent  []deployment
	Broken  int
	Word    string // what is told to who does not see it when it changes
}

// line is one thing that is told of an environment.
type line struct {
	Name  string
	State *report.State
	Text  string
	At    report.Moment
}

// running is a run that goes on.
type running struct {
	What    string
	Elapsed string
	Done    int
	Planned int // 0 where nobody knows
	Layers  []layer
	Link    string
}

type layer struct {
	Name    string
	State   report.State
	Text    string
	Working []string
}

type deployment struct {
	At       report.Moment
	What     string
	Release  string
	Who      string
	State    report.State
	Verified string
	ID       string
	Link     string
}

const (
	maxName = 80
	maxText = 300
	recent  = 6
	working = 4 // resources that are shown of a layer
)

func say(text string, most int) string {
	return secrecy.Cut(secrecy.Visible(secrecy.Hide(text)), most)
}

// idOf gives the id of an environment's element.
func idOf(name string) string { return "environment-" + url.PathEscape(name) }

// linkTo gives the address of a report, relative to the dashboard.
func linkTo(environment, id string) string {
	return "report/" + url.PathEscape(environment) + "/" + url.PathEscape(id)
}

func cardOf(s *Standing, now time.Time) card {
	c := card{Name: say(s.Environment, maxName), ID: idOf(s.Environment), Version: say(s.Release, maxName), Broken: len(s.Broken)}
	c.State = report.State{Name: "nothing deployed", Class: "idle", Symbol: "·"}
	if s.Standing != nil {
		c.State, c.Since = report.StatusState(s.Standing.Status), report.MomentOf(s.Standing.StartedAt)
		if c.Version == "" {
			c.Version = say(s.Standing.Release, maxName)
		}
	}
	c.Facts = []line{health(s), drift(s), lease(s, now)}
	c.Running = underway(s, now)
	for i, r := range s.Deployments {
		if i == recent {
			break
		}
		c.Recent = append(c.Recent, deployment{
			At: report.MomentOf(r.StartedAt), What: say(string(r.Operation), maxName), Release: say(r.Release, maxName), Who: say(r.User, maxName),
			State: report.StatusState(r.Status), Verified: verified(r.Verification), ID: say(r.ID, maxName), Link: linkTo(s.Environment, r.ID),
		})
	}
	c.Word = fmt.Sprintf("%s: %s", c.Name, c.State.Name)
	if c.Running != nil {
		c.State = report.StatusState(engine.Running)
		c.Word = fmt.Sprintf("%s: %s", c.Name, c.Running.What)
	}
	return c
}

func verified(v *engine.VerificationRecord) string {
	switch {
	case v == nil:
		return "–"
	case v.Result == engine.Succeeded:
		return fmt.Sprintf("%d passed", v.Passed)
	}
	return fmt.Sprintf("%d did not pass", len(v.Failed)+len(v.Unknown))
}

// health tells the last verification that a deployment recorded.
func health(s *Standing) line {
	l := line{Name: "Health", Text: "no deployment was verified"}
	if s.Verified == nil {
		return l
	}
	v := s.Verified.Verification
	state := report.State{Name: verified(v), Class: "ok", Symbol: "✓"}
	if v.Result != engine.Succeeded {
		state.Class, state.Symbol = "bad", "✗"
	}
	l.State, l.At, l.Text = &state, report.MomentOf(s.Verified.EndedAt), ""
	if s.Standing != nil && s.Standing.ID != s.Verified.ID {
		l.Text = "of an earlier deployment"
	}
	return l
}

func drift(s *Standing) line {
	l := line{Name: "Drift", Text: "not looked for on this machine"}
	if s.Drift == nil {
		return l
	}
	state := report.State{Name: "none", Class: "ok", Symbol: "✓"}
	l.Text = ""
	if n := s.Drift.Resources; n > 0 {
		state = report.State{Name: fmt.Sprintf("%d differ", n), Class: "warn", Symbol: "≠"}
		l.Text = "in " + say(strings.Join(s.Drift.Layers, ", "), maxText)
	}
	l.State, l.At = &state, report.MomentOf(s.Drift.At)
	return l
}

func lease(s *Standing, now time.Time) line {
	l := line{Name: "Lease", Text: "free"}
	if s.Lease == nil {
		return l
	}
	h := s.Lease
	l.Text = fmt.Sprintf("%s on %s for %s, since %s", say(h.User, maxName), say(h.Host, maxName), say(string(h.Operation), maxName), ago(now.Sub(h.AcquiredAt)))
	switch {
	case s.LeaseExpired:
		l.State = &report.State{Name: "expired", Class: "warn", Symbol: "!"}
	case s.HolderGone:
		l.State = &report.State{Name: "its holder died", Class: "warn", Symbol: "!"}
	default:
		l.State = &report.State{Name: "held", Class: "busy", Symbol: "▶"}
	}
	return l
}

func ago(d time.Duration) string { return report.Lasted(max(d, 0)) }

func underway(s *Standing, now time.Time) *running {
	u := s.Running
	if u == nil {
		return nil
	}
	r := &running{What: say(string(u.Record.Operation), maxName), Elapsed: ago(now.Sub(u.Record.StartedAt)), Link: linkTo(s.Environment, u.Record.ID)}
	if u.Record.Release != "" {
		r.What += " to " + say(u.Record.Release, maxName)
	}
	for _, each := range u.Layers {
		l := layer{Name: say(each.Name, maxName), State: report.StatusState(each.Status)}
		if each.Stage == engine.StageRelease {
			l.Name += " (release)"
		}
		planned := max(each.Planned, each.Done)
		if each.Status == engine.Succeeded || each.Status == engine.Unchanged {
			each.Done = planned // imports and moves report nothing
		}
		r.Done, r.Planned = r.Done+each.Done, r.Planned+planned
		if planned > 0 {
			l.Text = fmt.Sprintf("%d of %d", each.Done, planned)
		}
		for i, e := range each.Working {
			if i == working {
				l.Working = append(l.Working, fmt.Sprintf("and %d more", len(each.Working)-i))
				break
			}
			address := strings.TrimPrefix(strings.TrimPrefix(e.Address, "module."+each.Name), ".")
			l.Working = append(l.Working, fmt.Sprintf("%s %s, %s", say(e.Action, maxName), say(address, maxText), ago(now.Sub(e.Time))))
		}
		r.Layers = append(r.Layers, l)
	}
	for _, p := range u.Record.Phases {
		if p.Status == engine.Running {
			r.Layers = append(r.Layers, layer{Name: say(string(p.Name), maxName), State: report.StatusState(p.Status), Text: ago(now.Sub(p.StartedAt))})
		}
	}
	return r
}
