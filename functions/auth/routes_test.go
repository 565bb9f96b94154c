package main

import (
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/apispec"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

func TestRoutesAreTheDeployedAPIs(t *testing.T) {
	t.Parallel()
	router := httpapi.New(httpapi.Options{})
	handler{}.routes(router)
	apispec.Check(t, function, router)
}
