package messages

import "testing"

func TestFilterPolicies(t *testing.T) {
	t.Parallel()
	m := message{
		text: `{"detail":{"state":"failed","tries":3},"tags":["a","b"]}`,
		attributes: map[string]messageAttribute{
			"severity": {"String", "high"}, "count": {"Number", "5"}, "kinds": {"String.Array", `["alarm","deployment"]`},
		},
	}
	tests := []struct {
		policy, scope string
		want          bool
	}{
		{`{}`, "", true},
		{`{"severity":["low","high"]}`, "", true},
		{`{"severity":["low"]}`, "", false},
		{`{"severity":["high"],"other":["x"]}`, "", false},
		{`{"severity":[{"prefix":"hi"}]}`, "", true},
		{`{"severity":[{"suffix":"hi"}]}`, "", false},
		{`{"severity":[{"equals-ignore-case":"HIGH"}]}`, "", true},
		{`{"severity":[{"anything-but":["low","high"]}]}`, "", false},
		{`{"severity":[{"anything-but":{"prefix":"lo"}}]}`, "", true},
		{`{"other":[{"exists":false}]}`, "", true},
		{`{"severity":[{"exists":false}]}`, "", false},
		{`{"count":[5]}`, "", true},
		{`{"count":[{"numeric":[">",4,"<=",5]}]}`, "", true},
		{`{"count":[{"numeric":["<",5]}]}`, "", false},
		{`{"count":[{"numeric":["<"]}]}`, "", false},
		{`{"kinds":["deployment"]}`, "", true},
		{`{"detail":{"state":["failed"],"tries":[{"numeric":["=",3]}]}}`, "MessageBody", true},
		{`{"detail":{"state":["done"]}}`, "MessageBody", false},
		{`{"tags":["b"]}`, "MessageBody", true},
		{`{"severity":"high"}`, "", false},
	}
	for _, tt := range tests {
		if got, err := wants(tt.policy, tt.scope, m); got != tt.want || err != nil {
			t.Errorf("%s %s: %v, %v", tt.policy, tt.scope, got, err)
		}
	}
	if _, err := wants("{", "", m); err == nil {
		t.Error("a broken policy is no error")
	}
}

func FuzzFilterPolicy(f *testing.F) {
	f.Add(`{"a":[{"numeric":["=",1]}]}`, `{"a":1}`)
	f.Fuzz(func(_ *testing.T, policy, body string) {
		_, _ = wants(policy, "MessageBody", message{text: body})
	})
}

func TestCBORText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, want string }{
		"map":               {"\xa2\x63one\x01\x69AlarmName\x66errors", "errors"},
		"indefinite":        {"\xbf\x61x\x9f\x01\x82\x02\x03\xff\x69AlarmName\x7f\x63err\x63ors\xff\xff", "errors"},
		"after other types": {"\xa4\x61a\xfb\x40\x14\x00\x00\x00\x00\x00\x00\x61b\xc1\x1a\x00\x00\x00\x01\x61c\x42\x01\x02\x69AlarmName\x78\x01e", "e"},
		"another key":       {"\xa1\x61a\x61b", ""},
		"another type":      {"\xa1\x69AlarmName\x01", ""},
		"cut off":           {"\xa1\x69AlarmName\x66err", ""},
		"empty":             {"", ""},
	}
	for name, tt := range tests {
		if got := cborText([]byte(tt.body), "AlarmName"); got != tt.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzCBOR(f *testing.F) {
	f.Add([]byte("\xbf\x61x\x9f\x01\x82\x02\x03\xff\x69AlarmName\x7f\x63err\x63ors\xff\xff"))
	f.Add([]byte("\xbb\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(_ *testing.T, body []byte) { _ = cborText(body, "AlarmName") })
}
