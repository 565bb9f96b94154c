package report

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

// page is what the template renders: texts that are ready to be shown.
type page struct {
	Kind        string // Deployment or Plan
	Title       string // of the document
	Heading     string
	Environment string
	State       State
	Lead        string // the outcome in a sentence
	Facts       []fact
	Failures    []failure
	Warnings    []string
	Notes       []string
	Risks       *table
	Graph       *drawing
	Layers      *table
	Timeline    *timeline
	Changes     *changes
	Beside      []string
	Guarded     []string // commands and flags to copy
	Commands    []string
	Checked     *checked
	Release     []fact
	Functions   *table
	History     *table
	Costs       *costs
	Written     Moment
}

// State is how something stands: never told by its colour alone.
type State struct {
	Name   string
	Class  string // of its colour
	Symbol string
}

// fact is a name with what there is to it.
type fact struct {
	Name string
	Text string
	Link string
	Time Moment
}

// Moment is a point in time in UTC.
type Moment struct {
	ISO  string // "" for none
	Text string
}

// failure is what went wrong somewhere.
type failure struct {
	Title string
	Where string
	Lines []string
}

// table is a table of texts: what it is called, its columns and rows.
type table struct {
	Caption string
	Columns []string
	Rows    []row
	More    string // what was left out
}

type row struct {
	Cells   []cell
	Current bool
}

// cell is a text with what belongs to it.
type cell struct {
	Text  string
	State *State
	Link  string
	Time  Moment
	Code  bool
	Head  bool // it heads its row
}

func text(of string) cell      { return cell{Text: of} }
func head(of string) cell      { return cell{Text: of, Head: true} }
func code(of string) cell      { return cell{Text: of, Code: true} }
func stated(s State) cell      { return cell{State: &s} }
func timed(at time.Time) cell  { return cell{Time: MomentOf(at)} }
func counted(n int) cell       { return cell{Text: blank(n)} }
func blank(n int) (out string) { return strings.TrimPrefix(fmt.Sprint(n), "0") }

// How much is shown of one text of others, in characters.
const (
	maxName    = 80
	maxText    = 400
	maxAddress = 240
	maxPath    = 100
	maxValue   = 130
	maxLines   = 40
)

// say gives a text of others as it may be shown.
func say(of string, most int) string {
	return secrecy.Cut(secrecy.Visible(secrecy.Hide(of)), most)
}

// prose gives what a provider or AWS said, by lines: it can hold anything.
func prose(of string) []string {
	of = secrecy.Prose(strings.TrimSpace(of))
	var lines []string
	for _, line := range strings.Split(of, "\n") {
		if len(lines) == maxLines {
			return append(lines, "…")
		}
		if line = strings.TrimRight(line, " \r\t"); line != "" {
			lines = append(lines, secrecy.Cut(secrecy.Visible(line), maxText))
		}
	}
	return lines
}

// sentence gives the same in one line.
func sentence(of string) string { return secrecy.Cut(strings.Join(prose(of), " "), maxText) }

// StatusState tells how a run or a layer stands.
func StatusState(s engine.RunStatus) State {
	switch s {
	case engine.Succeeded:
		return State{string(s), "ok", "✓"}
	case engine.Unchanged:
		return State{string(s), "ok", "="}
	case engine.Failed, engine.Crashed:
		return State{string(s), "bad", "✗"}
	case engine.Interrupted:
		return State{string(s), "warn", "!"}
	case engine.Running:
		return State{string(s), "busy", "▶"}
	case engine.Pending:
		return State{string(s), "idle", "…"}
	case engine.Skipped:
		return State{string(s), "idle", "–"}
	}
	return State{say(string(s), maxName), "idle", "?"}
}

func operationState(o change.Operation) State {
	switch o {
	case change.Delete:
		return State{"delete", "bad", "−"}
	case change.Replace:
		return State{"replace", "bad", "±"}
	case change.Forget:
		return State{"forget", "warn", "○"}
	case change.Update:
		return State{"update", "warn", "~"}
	case change.Create:
		return State{"create", "ok", "+"}
	case change.Import:
		return State{"import", "busy", "←"}
	case change.Move:
		return State{"move", "busy", "→"}
	}
	return State{say(string(o), maxName), "idle", "?"}
}

// MomentOf gives a point in time; the zero one is none.
func MomentOf(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	t = t.UTC()
	return Moment{ISO: t.Format(time.RFC3339), Text: t.Format("2006-01-02 15:04:05")}
}

// Lasted gives a duration for people.
func Lasted(d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// took gives how long something lasted; "" where it did not begin or end.
func took(began, ended time.Time) string {
	if began.IsZero() || ended.IsZero() {
		return ""
	}
	return Lasted(ended.Sub(began))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// webLink gives an address of the web that may be linked to, "" for anything else.
func webLink(to string) string {
	parsed, err := url.Parse(to)
	if err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Host == "" || parsed.User != nil || len(to) > maxText ||
		secrecy.Looks(to) || secrecy.Visible(to) != to {
		return ""
	}
	return parsed.String()
}

// inLayer cuts the layer's module off an address.
func inLayer(address, layer string) string {
	return strings.TrimPrefix(strings.TrimPrefix(address, "module."+layer), ".")
}

// counts says what a summary counts, riskiest first.
func counts(s change.Summary, tense string) string {
	var parts []string
	for _, each := range []struct {
		n    int
		verb string
	}{{s.Delete, "delete"}, {s.Replace, "replace"}, {s.Update, "update"}, {s.Create, "create"}, {s.Import, "import"}, {s.Forget, "forget"}, {s.Move, "move"}} {
		if each.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s%s", each.n, tense, each.verb))
		}
	}
	return strings.Join(parts, ", ")
}
