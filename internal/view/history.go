package view

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// History writes the deployments of an environment, newest first.
func History(w io.Writer, h *engine.History, palette Palette) {
	if len(h.Deployments) == 0 {
		fmt.Fprintf(w, "Nothing was ever deployed to %s.\n", h.Environment)
	} else {
		fmt.Fprintf(w, "%s\n\n", palette.paint(bold, h.Environment))
		writeTable(w, historyRows(h.Deployments), palette)
	}
	for _, key := range h.Broken {
		fmt.Fprintf(w, "%s %s cannot be read\n", palette.paint(red, "!"), key)
	}
}

// cell is a text of a table with its colour.
type cell struct{ text, colour string }

func historyRows(records []engine.Record) [][]cell {
	rows := [][]cell{{{"WHEN", ""}, {"OPERATION", ""}, {"RELEASE", ""}, {"WHO", ""}, {"RESULT", ""}, {"TOOK", ""}, {"VERIFIED", ""}, {"PLAN", ""}, {"ID", ""}, {"", ""}}}
	for _, r := range records {
		verified, colour := verdict(r.Verification)
		rows = append(rows, []cell{
			{r.StartedAt.Local().Format(time.DateTime), ""}, {string(r.Operation), ""}, {or(r.Release), ""}, {or(r.User), ""},
			{string(r.Status), statusColour(r.Status)}, {took(r.StartedAt, r.EndedAt), ""}, {verified, colour},
			{or(bareDigest(r.ApprovalDigest)), faint}, {r.ID, ""}, {links(r), faint},
		})
	}
	return rows
}

// writeTable writes columns as wide as their widest cell; colours take no room.
func writeTable(w io.Writer, rows [][]cell, palette Palette) {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(c.text)))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			rest := ""
			for _, later := range row[i+1:] {
				rest += later.text
			}
			text := c.text
			if c.colour != "" {
				text = palette.paint(c.colour, c.text)
			}
			line.WriteString(text)
			if rest == "" {
				break
			}
			line.WriteString(strings.Repeat(" ", widths[i]-len([]rune(c.text))+2))
		}
		fmt.Fprintf(w, "  %s\n", line.String())
	}
}

// verdict says how a verification ended.
func verdict(v *engine.VerificationRecord) (text, colour string) {
	switch {
	case v == nil:
		return "-", ""
	case v.Result == engine.Succeeded:
		return plural(v.Passed, "check"), green
	}
	return fmt.Sprintf("%d failed", len(v.Failed)+len(v.Unknown)), red
}

func links(r engine.Record) string {
	var parts []string
	for _, each := range [][2]string{
		{"takes back ", r.RollbackOf}, {"taken back by ", r.RolledBackBy}, {"goes on with ", r.ResumedFrom}, {"went on in ", r.ResumedBy},
	} {
		if each[1] != "" {
			parts = append(parts, each[0]+each[1])
		}
	}
	return strings.Join(parts, ", ")
}

// gitHubRelease gives the page of a deployment's GitHub Release, which `github publish`
// makes: that of a verified version, in the repository whose run deployed it.
func gitHubRelease(r engine.Record) string {
	repository, _, isRun := strings.Cut(r.CIRun, "/actions/runs/")
	version, err := release.ParseVersion(r.Release)
	if !isRun || err != nil || version.Commit() != "" || !r.Verified() || r.Source == nil || r.Source.Dirty {
		return ""
	}
	return repository + "/releases/tag/" + r.Release
}

func or(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func bareDigest(digest string) string {
	return strings.TrimPrefix(shortDigest(digest), "sha256:")
}

// took gives how long something lasted; "-" where it has not ended.
func took(began, ended time.Time) string {
	if began.IsZero() || ended.IsZero() {
		return "-"
	}
	if d := ended.Sub(began); d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return ended.Sub(began).Round(time.Second).String()
}

// HistoryJSON is the JSON form of a history.
type HistoryJSON struct {
	Environment string           `json:"environment"`
	Deployments []DeploymentJSON `json:"deployments"` // newest first
	Broken      []string         `json:"broken"`      // keys of records that cannot be read
}

// DeploymentJSON is one line of a HistoryJSON; `history show` gives the whole record.
type DeploymentJSON struct {
	ID           string                     `json:"id"`
	StartedAt    time.Time                  `json:"started_at"`
	EndedAt      time.Time                  `json:"ended_at,omitzero"`
	Seconds      float64                    `json:"seconds,omitempty"`
	Operation    engine.Operation           `json:"operation"`
	Release      string                     `json:"release,omitempty"`
	User         string                     `json:"user,omitempty"`
	CIRun        string                     `json:"ci_run,omitempty"`
	Reason       string                     `json:"reason,omitempty"`
	Result       engine.RunStatus           `json:"result"`
	Verification *engine.VerificationRecord `json:"verification,omitempty"`
	PlanDigest   string                     `json:"plan_digest,omitempty"`
	RollbackOf   string                     `json:"rollback_of,omitempty"`
	RolledBackBy string                     `json:"rolled_back_by,omitempty"`
	ResumedFrom  string                     `json:"resumed_from,omitempty"`
	ResumedBy    string                     `json:"resumed_by,omitempty"`
	GitHub       string                     `json:"github_release,omitempty"` // where its GitHub Release is, once it is published
}

// HistoryForJSON gives the JSON form of a history.
func HistoryForJSON(h *engine.History) HistoryJSON {
	out := HistoryJSON{Environment: h.Environment, Deployments: []DeploymentJSON{}, Broken: append([]string{}, h.Broken...)}
	for _, r := range h.Deployments {
		line := DeploymentJSON{
			ID: r.ID, StartedAt: r.StartedAt, EndedAt: r.EndedAt, Operation: r.Operation, Release: r.Release, User: r.User, CIRun: r.CIRun,
			Reason: r.Reason, Result: r.Status, Verification: r.Verification, PlanDigest: r.ApprovalDigest,
			RollbackOf: r.RollbackOf, RolledBackBy: r.RolledBackBy, ResumedFrom: r.ResumedFrom, ResumedBy: r.ResumedBy, GitHub: gitHubRelease(r),
		}
		if !r.EndedAt.IsZero() {
			line.Seconds = tenths(r.EndedAt.Sub(r.StartedAt).Seconds())
		}
		out.Deployments = append(out.Deployments, line)
	}
	return out
}
