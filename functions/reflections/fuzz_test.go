package main

import (
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apifuzz"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

// FuzzRequests sends any body, tag and query to reflections.
func FuzzRequests(f *testing.F) {
	for _, body := range []string{
		`{"goalId": "` + apifuzz.ID + `", "summary": "s", "regretful": "r", "slow": "s", "untouched": "u"}`,
		`{"goalId": "none", "summary": ""}`, `{"summary": null}`, `{"summary": {}}`, `{"goalID": 1}`, `{"other": 1}`, `{}{}`, "\xff", "",
	} {
		f.Add(body, `"1"`, "limit=10&goalId="+apifuzz.ID)
	}
	f.Add("{}", `"01"`, "limit=101&goalId=none&cursor=none")
	fields := []string{"goalId", "summary", "regretful", "slow", "untouched"}
	apifuzz.Requests(f, func(router *httpapi.Router, database *apifuzz.Database) {
		handler{database: database}.routes(router)
	}, []apifuzz.Request{
		{Method: "GET", Path: "/reflections", Fields: []string{"goalId", "limit"}},
		{Method: "POST", Path: "/reflections", Fields: fields},
		{Method: "PATCH", Path: "/reflections/" + apifuzz.ID, Fields: fields, IfMatch: true},
		{Method: "DELETE", Path: "/reflections/" + apifuzz.ID, IfMatch: true},
	})
}
