package main

import (
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apifuzz"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

// FuzzRequests sends any body and tag to the profile and its reminders.
func FuzzRequests(f *testing.F) {
	for _, body := range []string{
		`{"name": "n", "industry": "i", "companySize": "c", "jobType": "j", "position": "p"}`, `{"email": "other@example.com"}`,
		`{"enabled": true, "pace": "stay_on_track"}`, `{"enabled": null, "pace": "none"}`, `{"enabled": "true"}`, `{"pace": []}`, `{}{}`, "\xff", "",
	} {
		f.Add(body, `"1"`, "")
	}
	f.Add(`{"enabled": false, "pace": "change_pace"}`, `"0"`, "")
	apifuzz.Requests(f, func(router *httpapi.Router, database *apifuzz.Database) {
		handler{database: database}.routes(router) // the pool of users is never reached: rows are first
	}, []apifuzz.Request{
		{Method: "PATCH", Path: "/profile", Fields: []string{"name", "industry", "companySize", "jobType", "position"}, IfMatch: true},
		{Method: "DELETE", Path: "/profile", IfMatch: true},
		{Method: "PUT", Path: "/profile/reminders", Fields: []string{"enabled", "pace"}, IfMatch: true},
	})
}
