package main

import (
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apifuzz"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

// FuzzRequests sends any body, tag and query to goals, their parts and their histories.
func FuzzRequests(f *testing.F) {
	for _, body := range []string{
		`{"title": "t", "description": "d", "deadline": "2027-01-01", "background": "b", "constraints": "c", "status": "draft"}`,
		`{"title": "t", "position": 7, "swap": true, "type": "habit"}`, `{"position": 8, "title": null, "type": "none"}`,
		`{"title": {"title": 1}}`, `{"TITLE": "t"}`, `{"title": "a", "title": "b"}`, `{"": 1}`, `{}{}`, `[]`, `null`, "\xff", "",
	} {
		f.Add(body, `"1"`, "limit=10&cursor=&status=draft")
		f.Add(body, "", "from=2026-01-01&to=2026-02-01")
	}
	f.Add("{}", `W/"1"`, "limit=0&from=2026-02-01&to=2026-01-01&status=none")
	goal := "/goals/" + apifuzz.ID
	texts := []string{"title", "description", "background", "constraints"}
	goals, parts := append([]string{"deadline", "status"}, texts...), append([]string{"position", "swap"}, texts...)
	actions := append([]string{"type"}, parts...)
	apifuzz.Requests(f, func(router *httpapi.Router, database *apifuzz.Database) {
		handler{database: database, clock: apifuzz.Now, zone: time.UTC}.routes(router)
	}, []apifuzz.Request{
		{Method: "GET", Path: "/goals", Fields: []string{"limit", "status"}},
		{Method: "POST", Path: "/goals", Fields: goals},
		{Method: "PATCH", Path: goal, Fields: goals, IfMatch: true},
		{Method: "DELETE", Path: goal, IfMatch: true},
		{Method: "POST", Path: goal + "/sub-goals", Fields: parts},
		{Method: "PATCH", Path: goal + "/sub-goals/" + apifuzz.ID, Fields: parts, IfMatch: true},
		{Method: "POST", Path: goal + "/sub-goals/" + apifuzz.ID + "/actions", Fields: actions},
		{Method: "PATCH", Path: goal + "/actions/" + apifuzz.ID, Fields: actions, IfMatch: true},
		{Method: "GET", Path: goal + "/change-history", Fields: []string{"limit"}},
		{Method: "GET", Path: goal + "/progress-history", Fields: []string{"from", "to"}},
	})
}
