package kit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

func TestMergeValues(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files []string
		want  string
	}{
		"none":                      {nil, ""},
		"one":                       {[]string{"# a comment\nowner = \"platform\"\n"}, "owner = \"platform\"\n"},
		"different ones, by name":   {[]string{"b = 1", "a = true"}, "a = true\nb = 1\n"},
		"the last of a text counts": {[]string{`project = "a"`, `project = "b"`}, "project = \"b\"\n"},
		"objects, key by key": {
			[]string{"api = { account_logging = false }", "api = { throttle = { rate = 500 } }"},
			"api = {\n  account_logging = false\n  throttle = {\n    rate = 500\n  }\n}\n",
		},
		"objects in objects": {
			[]string{"api = { throttle = { burst = 9, rate = 5 } }", "api = { throttle = { rate = 6 } }"},
			"api = {\n  throttle = {\n    burst = 9\n    rate  = 6\n  }\n}\n",
		},
		"a list as a whole":          {[]string{`a = { of = ["x", "y"] }`, `a = { of = ["z"] }`}, "a = {\n  of = [\"z\"]\n}\n"},
		"an object by null and back": {[]string{"a = { b = 1 }", "a = null", "a = { c = 2 }"}, "a = {\n  c = 2\n}\n"},
		"an empty one takes nothing": {[]string{"a = { b = 1 }", "a = {}"}, "a = {\n  b = 1\n}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := kit.MergeValues(test.files...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("merged (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMergeValuesRefusesWhatIsNoValue(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"an attribute twice": "a = 1\na = 2\n",
		"a block":            "a {}\n",
		"a reference":        "a = var.b\n",
		"no HCL":             "a = {",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := kit.MergeValues(body); err == nil {
				t.Errorf("no error, but %q", got)
			}
		})
	}
}
