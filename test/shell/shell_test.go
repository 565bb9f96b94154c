package shell_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/shell"
)

func TestForms(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"mandala-deploy apply production --version v1.3.0 --approval a.json --reason 'x y'": "apply ENV --approval FILE --reason TEXT --version VERSION",
		"mandala-deploy apply local --reason x --version v9.0.0 --approval /b --json":       "apply ENV --approval FILE --reason TEXT --version VERSION",
		"mandala-deploy apply local --auto-approve":                                         "apply ENV --auto-approve",
		"mandala-deploy local status":                                                       "local status",
		"mandala-deploy release diff v1.2.0 v1.3.0 -e production":                           "release diff VERSION VERSION -e ENV",
		"mandala-deploy unlock staging --confirm staging":                                   "unlock ENV --confirm ENV",
		"mandala-deploy history show 4f1c2d3e4a5b6c7d -e production":                        "history show ID -e ENV",
		"mandala-deploy functions invoke production health --log":                           "functions invoke ENV health --log",
	} {
		calls := shell.Calls(script)
		if len(calls) != 1 || calls[0].Form() != want {
			t.Errorf("%s: %+v, want one of the form %s", script, calls, want)
		}
	}
}

func TestBlocksAndSpans(t *testing.T) {
	t.Parallel()
	const document = "a `mandala-deploy plan ENV` and `make build`\n\n```sh\none\n```\n\n1. in a list\n\n   ```sh\n   two \\\n     three\n   ```\n\n```hcl\nfour\n```\n"
	want := []shell.Block{{Line: 3, Script: "one\n"}, {Line: 9, Script: "two \\\n  three\n"}}
	if diff := cmp.Diff(want, shell.Blocks(document)); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"mandala-deploy plan ENV"}, shell.Spans(document)); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}
