package main

import (
	"log/slog"
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apifuzz"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// FuzzRequests sends any wish for a generation.
func FuzzRequests(f *testing.F) {
	for _, body := range []string{
		`{"goalId": "` + apifuzz.ID + `", "actionIds": ["` + apifuzz.User + `"]}`, `{"goalId": "` + apifuzz.ID + `", "actionIds": null}`,
		`{"goalId": "none", "actionIds": [1]}`, `{"goalId": 1}`, `{"actionIds": {}}`, `{"actionIDs": []}`, `{"goalId": null}`, `{}{}`, "\xff", "",
	} {
		f.Add(body, "", "")
	}
	apifuzz.Requests(f, func(router *httpapi.Router, database *apifuzz.Database) {
		// Step Functions is never reached: the row is first.
		handler{service: workflow.Service{Database: database, Clock: apifuzz.Now, Logger: slog.New(slog.DiscardHandler)}}.routes(router)
	}, []apifuzz.Request{
		{Method: "POST", Path: "/ai/executions", Fields: []string{"goalId", "actionIds"}},
	})
}
