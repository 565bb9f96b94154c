package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Issue is an issue, or a pull request, which GitHub lists among them.
type Issue struct {
	Number   int
	By       int64 // user
	Bot      bool  // who is an app
	Title    string
	Body     string
	Labels   []string
	State    string // open or closed
	Reason   string // why it was closed
	Pull     bool
	Comments []Comment
}

// Comment is one on an issue.
type Comment struct {
	ID   int64
	By   int64 // user
	Bot  bool  // who is an app
	Body string
}

// Add adds an issue.
func (p *Repository) Add(i Issue) {
	i.Number = len(p.Issues) + 1
	if i.State == "" {
		i.State = "open"
	}
	p.Issues = append(p.Issues, &i)
}

func (i *Issue) shown() map[string]any {
	var labels []any
	for _, l := range i.Labels {
		labels = append(labels, map[string]any{"name": l})
	}
	shown := map[string]any{"number": i.Number, "title": i.Title, "body": i.Body, "state": i.State, "labels": labels, "user": author(i.By, i.Bot),
		"html_url": fmt.Sprintf("https://github.example/o/r/issues/%d", i.Number), "created_at": time.Unix(int64(i.Number), 0).UTC()}
	if i.Pull {
		shown["pull_request"] = map[string]any{"url": "x"}
	}
	return shown
}

func author(id int64, bot bool) map[string]any {
	if bot {
		return map[string]any{"id": id, "type": "Bot", "login": "github-actions[bot]"}
	}
	return map[string]any{"id": id, "type": "User"}
}

func (c Comment) shown() map[string]any {
	return map[string]any{"id": c.ID, "body": c.Body, "user": author(c.By, c.Bot), "html_url": fmt.Sprintf("https://github.example/o/r/issues#comment-%d", c.ID)}
}

func (p *Repository) issues(w http.ResponseWriter, r *http.Request, rest string) bool {
	if rest == "" {
		if r.Method == http.MethodPost {
			p.create(w, r)
		} else {
			p.list(w, r)
		}
		return true
	}
	number, rest, _ := strings.Cut(rest, "/")
	if number == "comments" {
		return p.comment(w, r, int64(atoi(rest)))
	}
	at := atoi(number) - 1
	if at < 0 || at >= len(p.Issues) {
		return false
	}
	issue := p.Issues[at]
	switch {
	case rest == "" && r.Method == http.MethodPatch:
		edit(w, r, issue)
	case rest == "labels" && r.Method == http.MethodPost:
		var sent struct{ Labels []string }
		if !taken(w, r, &sent) {
			return true
		}
		issue.Labels = append(issue.Labels, sent.Labels...)
		respond(w, http.StatusOK, []any{})
	case rest == "comments" && r.Method == http.MethodPost:
		var sent struct{ Body string }
		if !taken(w, r, &sent) {
			return true
		}
		comment := Comment{ID: int64(100*issue.Number + len(issue.Comments)), By: 1, Bot: p.App, Body: sent.Body}
		issue.Comments = append(issue.Comments, comment)
		respond(w, http.StatusCreated, comment.shown())
	case rest == "comments":
		all := []any{}
		for _, c := range issue.Comments {
			all = append(all, c.shown())
		}
		respond(w, http.StatusOK, page(w, r, 2, all))
	default:
		return false
	}
	return true
}

// comment changes one comment, or deletes it.
func (p *Repository) comment(w http.ResponseWriter, r *http.Request, id int64) bool {
	for _, issue := range p.Issues {
		at := slices.IndexFunc(issue.Comments, func(c Comment) bool { return c.ID == id })
		if at < 0 {
			continue
		}
		var sent struct{ Body string }
		switch {
		case r.Method == http.MethodDelete:
			issue.Comments = slices.Delete(issue.Comments, at, at+1)
			w.WriteHeader(http.StatusNoContent)
		case r.Method == http.MethodPatch && taken(w, r, &sent):
			issue.Comments[at].Body = sent.Body
			respond(w, http.StatusOK, issue.Comments[at].shown())
		}
		return true
	}
	return false
}

func (p *Repository) create(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Title  string
		Body   string
		Labels []string
	}
	if !taken(w, r, &sent) {
		return
	}
	p.Add(Issue{By: 1, Bot: p.App, Title: sent.Title, Body: sent.Body, Labels: sent.Labels})
	respond(w, http.StatusCreated, p.Issues[len(p.Issues)-1].shown())
}

// list has the newest first, but for those who ask otherwise.
func (p *Repository) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	all := []any{}
	for _, i := range p.Issues {
		if label := query.Get("labels"); label != "" && !slices.Contains(i.Labels, label) {
			continue
		}
		if state := query.Get("state"); state != "all" && i.State != "open" {
			continue
		}
		all = append(all, i.shown())
	}
	if query.Get("direction") != "asc" {
		slices.Reverse(all)
	}
	respond(w, http.StatusOK, page(w, r, 2, all))
}

func edit(w http.ResponseWriter, r *http.Request, issue *Issue) {
	var sent struct {
		Title  *string `json:"title"`
		Body   *string `json:"body"`
		State  *string `json:"state"`
		Reason string  `json:"state_reason"`
	}
	if !taken(w, r, &sent) {
		return
	}
	for _, each := range []struct{ from, into *string }{{sent.Title, &issue.Title}, {sent.Body, &issue.Body}, {sent.State, &issue.State}} {
		if each.from != nil {
			*each.into = *each.from
		}
	}
	issue.Reason = sent.Reason
	respond(w, http.StatusOK, issue.shown())
}
