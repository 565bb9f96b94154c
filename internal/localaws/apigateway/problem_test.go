package apigateway

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWord: a gateway response's parameters are texts in quotes, the request's own
// parameters and variables of the context, for a type that has one and by the default.
func TestWord(t *testing.T) {
	t.Parallel()
	said := gatewayResponse{
		ResponseParameters: map[string]string{
			"gatewayresponse.header.Cache-Control": "'no-store'",
			"gatewayresponse.header.X-Asked":       "method.request.header.Accept-Language",
			"gatewayresponse.header.X-Request-Id":  "context.requestId",
		},
		ResponseTemplates: map[string]string{"application/json": `{"requestId":"$context.requestId"}`},
	}
	c := &call{id: "c6af9ac6", request: httptest.NewRequest(http.MethodGet, "/", nil), stage: &deployedStage{}}
	c.request.Header.Set("Accept-Language", "ja")
	for name, responses := range map[string]map[string]gatewayResponse{"its own": {"UNAUTHORIZED": said}, "the default": {"DEFAULT_4XX": said}} {
		c.stage.definition = &definition{responses: responses}
		got := c.word(unauthorized(""))
		want := http.Header{
			"Cache-Control": {"no-store"}, "Content-Type": {"application/json"}, "X-Amzn-Errortype": {"UnauthorizedException"},
			"X-Asked": {"ja"}, "X-Request-Id": {"c6af9ac6"},
		}
		if diff := cmp.Diff(want, got.header); diff != "" || string(got.body) != `{"requestId":"c6af9ac6"}` {
			t.Errorf("%s: %s (-want +got):\n%s", name, got.body, diff)
		}
	}
}
