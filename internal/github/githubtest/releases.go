package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Release is a GitHub Release.
type Release struct {
	ID         int64
	Tag        string
	Name       string
	Body       string
	Draft      bool
	Prerelease bool
}

// RepositoryCommit is one of the repository's history, in which one follows another.
type RepositoryCommit struct {
	SHA, Message string
	Merge        bool
}

// Publish adds a release.
func (p *Repository) Publish(r Release) *Release {
	r.ID = int64(len(p.Releases) + 1)
	p.Releases = append(p.Releases, &r)
	return &r
}

// Commit adds commits, each after the one before.
func (p *Repository) Commit(commits ...RepositoryCommit) {
	for _, c := range commits {
		p.History = append(p.History, c)
		p.Commits[c.SHA] = true
	}
}

func (r *Release) shown() map[string]any {
	return map[string]any{"id": r.ID, "tag_name": r.Tag, "name": r.Name, "body": r.Body, "draft": r.Draft, "prerelease": r.Prerelease,
		"html_url": "https://github.example/o/r/releases/tag/" + r.Tag, "target_commitish": "main"}
}

func (p *Repository) releases(w http.ResponseWriter, r *http.Request, rest string) bool {
	tag, byTag := strings.CutPrefix(rest, "tags/")
	at := slices.IndexFunc(p.Releases, func(each *Release) bool { return each.Tag == tag && !each.Draft })
	switch {
	case rest == "" && r.Method == http.MethodPost:
		p.release(w, r)
	case rest == "":
		all := []any{}
		for _, each := range slices.Backward(p.Releases) {
			all = append(all, each.shown())
		}
		respond(w, http.StatusOK, page(w, r, 2, all))
	case rest == "latest":
		latest := slices.IndexFunc(p.Releases, func(each *Release) bool { return each.Tag == p.Latest })
		if latest < 0 {
			return false
		}
		respond(w, http.StatusOK, p.Releases[latest].shown())
	case byTag && at >= 0:
		respond(w, http.StatusOK, p.Releases[at].shown())
	case r.Method == http.MethodPatch && atoi(rest) > 0 && atoi(rest) <= len(p.Releases):
		p.change(w, r, p.Releases[atoi(rest)-1])
	default:
		return false
	}
	return true
}

func (p *Repository) change(w http.ResponseWriter, r *http.Request, release *Release) {
	var sent struct {
		MakeLatest string `json:"make_latest"`
	}
	switch {
	case !taken(w, r, &sent):
		return
	case sent.MakeLatest == "true" && (release.Draft || release.Prerelease):
		refuse(w, http.StatusUnprocessableEntity, "a draft or pre-release cannot be the latest")
		return
	case sent.MakeLatest == "true":
		p.Latest = release.Tag
	}
	respond(w, http.StatusOK, release.shown())
}

func (p *Repository) release(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		TagName    string `json:"tag_name"`
		Target     string `json:"target_commitish"`
		Name       string `json:"name"`
		Body       string `json:"body"`
		Prerelease bool   `json:"prerelease"`
		MakeLatest string `json:"make_latest"`
	}
	if !taken(w, r, &sent) {
		return
	}
	const most = 125_000
	switch {
	case slices.ContainsFunc(p.Releases, func(each *Release) bool { return each.Tag == sent.TagName && !each.Draft }):
		respond(w, http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed", "documentation_url": "https://docs.github.com/rest",
			"errors": []any{map[string]string{"resource": "Release", "code": "already_exists", "field": "tag_name"}}})
		return
	case len([]rune(sent.Body)) > most:
		refuse(w, http.StatusUnprocessableEntity, "body is too long (maximum is 125000 characters)")
		return
	case p.Tags[sent.TagName] == "" && !p.Commits[sent.Target]:
		refuse(w, http.StatusUnprocessableEntity, "target_commitish is invalid")
		return
	case p.Tags[sent.TagName] == "":
		p.Tags[sent.TagName] = sent.Target
	}
	release := p.Publish(Release{Tag: sent.TagName, Name: sent.Name, Body: sent.Body, Prerelease: sent.Prerelease})
	if sent.MakeLatest == "true" {
		p.Latest = release.Tag
	}
	respond(w, http.StatusCreated, release.shown())
}

// git has tags, those with a message under the name of the tag with "annotated " before
// it, and commits.
func (p *Repository) git(w http.ResponseWriter, rest string) bool {
	kind, name, _ := strings.Cut(rest, "/")
	switch kind {
	case "ref":
		name = strings.TrimPrefix(name, "tags/")
		if p.Annotated[name] != "" {
			respond(w, http.StatusOK, map[string]any{"ref": "refs/tags/" + name, "object": map[string]string{"type": "tag", "sha": p.Annotated[name]}})
			return true
		}
		if p.Tags[name] == "" {
			return false
		}
		respond(w, http.StatusOK, map[string]any{"ref": "refs/tags/" + name, "object": map[string]string{"type": "commit", "sha": p.Tags[name]}})
	case "tags":
		for tag, object := range p.Annotated {
			if object == name {
				respond(w, http.StatusOK, map[string]any{"tag": tag, "sha": object, "object": map[string]string{"type": "commit", "sha": p.Tags[tag]}})
				return true
			}
		}
		return false
	case "commits":
		if !p.Commits[name] {
			return false
		}
		respond(w, http.StatusOK, map[string]any{"sha": name, "message": "m"})
	default:
		return false
	}
	return true
}

// compare gives the commits after one, up to and with another, oldest first.
func (p *Repository) compare(w http.ResponseWriter, r *http.Request, rest string) bool {
	base, head, _ := strings.Cut(rest, "...")
	if !p.Commits[base] || !p.Commits[head] {
		return false
	}
	at := func(sha string) int {
		return slices.IndexFunc(p.History, func(c RepositoryCommit) bool { return c.SHA == sha })
	}
	var some []RepositoryCommit
	if from, to := at(base)+1, at(head)+1; from < to {
		some = p.History[from:to]
	}
	all := []any{}
	for _, c := range some {
		parents := []any{map[string]string{"sha": "p"}}
		if c.Merge {
			parents = append(parents, map[string]string{"sha": "q"})
		}
		all = append(all, map[string]any{"sha": c.SHA, "commit": map[string]any{"message": c.Message}, "parents": parents})
	}
	size := max(atoi(r.URL.Query().Get("per_page")), 1)
	respond(w, http.StatusOK, map[string]any{"total_commits": len(all), "ahead_by": len(all), "behind_by": 0, "status": "ahead", "commits": page(w, r, size, all)})
	return true
}

// SHA gives a commit's digits, for tests.
func SHA(n int) string { return fmt.Sprintf("%040x", n) }
