package apispec

import (
	"net/url"
	"strings"
	"testing" //nolint:depguard // a package for tests

	"github.com/aws/aws-lambda-go/events"
)

// bases are the URLs that the API has: its own, with the stage, and CloudFront's.
func bases() []string {
	return []string{"https://id.execute-api.ap-northeast-1.amazonaws.com/production", "https://app.example.com/api"}
}

// Location is the path below the API that an answer's Location leads to, when path was
// asked for: from each of the API's URLs the same, or the test fails.
func Location(t testing.TB, path string, answer events.APIGatewayProxyResponse) string {
	t.Helper()
	found := ""
	for _, base := range bases() {
		asked, err := url.Parse(base + path)
		if err != nil {
			t.Fatal(err)
		}
		reference, err := url.Parse(answer.Headers["Location"])
		if err != nil {
			t.Fatal(err)
		}
		below, inside := strings.CutPrefix(asked.ResolveReference(reference).String(), base)
		if !inside || found != "" && below != found {
			t.Errorf("%q leads from %s to %s", reference, asked, asked.ResolveReference(reference))
		}
		found = below
	}
	return found
}
