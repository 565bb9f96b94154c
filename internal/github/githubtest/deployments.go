package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Deployment is a GitHub Deployment.
type Deployment struct {
	ID          int64
	Bot         bool // whose creator is an app, such as GitHub Actions
	SHA         string
	Ref         string
	Task        string
	Environment string
	Description string
	Payload     json.RawMessage
	Created     time.Time
	Statuses    []DeploymentStatus // oldest first
}

// DeploymentStatus says how a deployment stands.
type DeploymentStatus struct {
	ID             int64
	State          string
	Description    string
	LogURL         string
	EnvironmentURL string
}

// State gives the newest status's, "" for none.
func (d *Deployment) State() string {
	if len(d.Statuses) == 0 {
		return ""
	}
	return d.Statuses[len(d.Statuses)-1].State
}

// Deploy adds a deployment, as GitHub Actions makes one for a job with an environment.
func (p *Repository) Deploy(d Deployment) *Deployment {
	d.ID = int64(len(p.Deployments) + 1)
	for i := range d.Statuses {
		d.Statuses[i].ID = d.ID*100 + int64(i)
	}
	p.Deployments = append(p.Deployments, &d)
	return &d
}

// now tells the time by the stand-in's clock, which stands still where it has none.
func (p *Repository) now() time.Time {
	if p.Clock != nil {
		return p.Clock()
	}
	return time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
}

func (d *Deployment) shown() map[string]any {
	kind := "User"
	if d.Bot {
		kind = "Bot"
	}
	payload := d.Payload
	if payload == nil {
		payload = json.RawMessage(`{}`)
	}
	return map[string]any{"id": d.ID, "sha": d.SHA, "ref": d.Ref, "task": d.Task, "environment": d.Environment, "description": d.Description, "payload": payload,
		"creator": map[string]any{"id": 1, "type": kind, "login": "ann"}, "created_at": d.Created, "updated_at": d.Created}
}

func (d *Deployment) shownStatuses() []any {
	all := []any{}
	for _, s := range slices.Backward(d.Statuses) {
		all = append(all, s.shown(d.Environment))
	}
	return all
}

func (s DeploymentStatus) shown(environment string) map[string]any {
	return map[string]any{"id": s.ID, "state": s.State, "description": s.Description, "environment": environment, "log_url": s.LogURL, "target_url": s.LogURL, "environment_url": s.EnvironmentURL}
}

func (p *Repository) deployments(w http.ResponseWriter, r *http.Request, rest string) bool {
	if rest == "" {
		if r.Method == http.MethodPost {
			p.deploy(w, r)
			return true
		}
		query, all := r.URL.Query(), []any{}
		for _, d := range slices.Backward(p.Deployments) {
			if query.Get("environment") == d.Environment && (query.Get("sha") == "" || query.Get("sha") == d.SHA) {
				all = append(all, d.shown())
			}
		}
		respond(w, http.StatusOK, page(w, r, 2, all))
		return true
	}
	number, rest, _ := strings.Cut(rest, "/")
	at := atoi(number) - 1
	if at < 0 || at >= len(p.Deployments) || rest != "statuses" {
		return false
	}
	d := p.Deployments[at]
	if r.Method != http.MethodPost {
		respond(w, http.StatusOK, page(w, r, 2, d.shownStatuses()))
		return true
	}
	var sent struct {
		State          string `json:"state"`
		LogURL         string `json:"log_url"`
		Description    string `json:"description"`
		Environment    string `json:"environment"`
		EnvironmentURL string `json:"environment_url"`
		AutoInactive   *bool  `json:"auto_inactive"`
	}
	if !taken(w, r, &sent) {
		return true
	}
	if !slices.Contains([]string{"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}, sent.State) || len([]rune(sent.Description)) > 140 {
		refuse(w, http.StatusUnprocessableEntity, "Validation Failed")
		return true
	}
	if sent.AutoInactive == nil || *sent.AutoInactive {
		refuse(w, http.StatusUnprocessableEntity, "the stand-in has no automatic inactivity")
		return true
	}
	status := DeploymentStatus{ID: d.ID*100 + int64(len(d.Statuses)), State: sent.State, Description: sent.Description, LogURL: sent.LogURL, EnvironmentURL: sent.EnvironmentURL}
	d.Statuses = append(d.Statuses, status)
	respond(w, http.StatusCreated, status.shown(d.Environment))
	return true
}

func (p *Repository) deploy(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Ref              string          `json:"ref"`
		Task             string          `json:"task"`
		AutoMerge        *bool           `json:"auto_merge"`
		RequiredContexts []string        `json:"required_contexts"`
		Payload          json.RawMessage `json:"payload"`
		Environment      string          `json:"environment"`
		Description      string          `json:"description"`
	}
	switch {
	case !taken(w, r, &sent):
	case !p.Commits[sent.Ref]:
		refuse(w, http.StatusUnprocessableEntity, fmt.Sprintf("No ref found for: %s", sent.Ref))
	case sent.AutoMerge == nil || *sent.AutoMerge || sent.RequiredContexts == nil || len(sent.RequiredContexts) > 0:
		refuse(w, http.StatusConflict, "Conflict: Commit status checks failed for master.") // what it says with its own defaults
	default:
		d := p.Deploy(Deployment{SHA: sent.Ref, Ref: sent.Ref, Task: sent.Task, Environment: sent.Environment, Description: sent.Description, Payload: sent.Payload, Created: p.now()})
		respond(w, http.StatusCreated, d.shown())
	}
}
