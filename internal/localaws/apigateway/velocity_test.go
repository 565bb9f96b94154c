package apigateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func testCall() *call {
	return &call{
		id: "request", begin: time.Unix(1_800_000_000, 0), path: "/goals",
		stage:   &deployedStage{stage: stage{StageName: "v1", Variables: map[string]string{"colour": "blue"}}, region: "ap-northeast-1"},
		request: &http.Request{Method: http.MethodGet, Header: http.Header{"Origin": {"https://two.example.com"}}},
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		template, text string
		headers        map[string]string
		failure        string // part of the error
	}{
		"text":                    {template: `{"a": "#1 $5"}`, text: `{"a": "#1 $5"}`},
		"variables":               {template: `$context.requestId ${context.stage} $stageVariables.colour.`, text: `request v1 blue.`},
		"unknown ones":            {template: `$nothing|$!nothing|$context.nothing`, text: `$nothing||$context.nothing`},
		"set":                     {template: `#set($a = "x$context.stage")$a#set($a = 'y$context')$a`, text: `xv1y$context`},
		"set to null keeps":       {template: `#set($a = "1")#set($a = $nothing)$a`, text: `1`},
		"if":                      {template: `#if($a)1#elseif("x" == "x")2#else3#end`, text: `2`},
		"nested":                  {template: `#if(true)#if(false)1#else2#end#else3#end`, text: `2`},
		"what is not taken":       {template: `#if(false)#set($context.responseOverride.header.A = "1")#end`},
		"operators":               {template: `#if((1 == 1 && !$a) || $b)yes#end#if("a" != "a")no#end`, text: `yes`},
		"parentheses in quotes":   {template: `#if(")" == ')')yes#end`, text: `yes`},
		"comment":                 {template: "a## b\nc", text: "ac"},
		"a header":                {template: `$input.params().header.get("Origin")`, text: `https://two.example.com`},
		"a header misspelt":       {template: `$!input.params().header.get("origin")`},
		"override":                {template: `#set($o = $input.params().header.get("Origin"))#set($context.responseOverride.header.X-Origin = "$o")`, headers: map[string]string{"X-Origin": "https://two.example.com"}},
		"a loop":                  {template: `#foreach($a in $b)#end`, failure: "the local AWS has no #foreach"},
		"another function":        {template: `$util.escapeJavaScript("a")`, failure: "does not understand $util"},
		"the body":                {template: `$input.json('$')`, failure: "does not understand $input"},
		"arithmetic":              {template: `#set($a = 1 + 1)`, failure: "does not understand"},
		"an end too few":          {template: `#if(true)`, failure: "without #end"},
		"an end too many":         {template: `#end`, failure: "#end without #if"},
		"a parenthesis too few":   {template: `#if(true`, failure: "not closed"},
		"setting something other": {template: `#set($context.stage = "x")`, failure: "cannot set $context.stage"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, err := testCall().render(test.template)
			if test.failure != "" {
				if err == nil || !strings.Contains(err.Error(), test.failure) {
					t.Fatalf("got %v, %v", made, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			headers := map[string]string{}
			for key, value := range test.headers {
				headers[key] = value
			}
			if diff := cmp.Diff([]any{test.text, headers}, []any{made.text, made.headers}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzRender: no template makes the local AWS panic or run forever.
func FuzzRender(f *testing.F) {
	f.Add(`#set($a = $input.params().header.get("origin"))#if(!$a || $a == "")x#else${a}#end`)
	f.Add(`#if((`)
	f.Add(`$!{`)
	f.Fuzz(func(_ *testing.T, template string) {
		_, _ = testCall().render(template)
	})
}
