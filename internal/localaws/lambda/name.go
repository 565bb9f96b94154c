package lambda

import (
	"net/http"
	"net/url"
	"strings"
)

// name is what a request calls a function by.
type name struct {
	region    string
	function  string
	qualifier string // version, alias, "$LATEST" or empty
}

// parseName takes a function's name, partial ARN or ARN, with or without
// qualifier apart, as AWS accepts them. A qualifier in the text wins.
func parseName(text, qualifier, region string) (name, bool) {
	n := name{region: region, qualifier: qualifier}
	rest := text
	switch parts := strings.Split(text, ":"); {
	case len(parts) >= 7 && parts[0] == "arn" && parts[2] == "lambda" && parts[5] == "function":
		n.region, rest = parts[3], strings.Join(parts[6:], ":")
	case len(parts) >= 3 && parts[1] == "function": // account:function:name
		rest = strings.Join(parts[2:], ":")
	}
	function, inText, qualified := strings.Cut(rest, ":")
	if qualified {
		n.qualifier = inText
	}
	n.function = function
	return n, function != "" && !strings.Contains(n.qualifier, ":")
}

// arn names the function, with its qualifier if it has one.
func (n name) arn(account string) string {
	arn := "arn:aws:lambda:" + n.region + ":" + account + ":function:" + n.function
	if n.qualifier != "" {
		arn += ":" + n.qualifier
	}
	return arn
}

// functionPath splits /VERSION/functions/NAME/REST; the name is decoded, and
// empty where the path ends before it.
func functionPath(r *http.Request) (function, rest string, ok bool) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/", 4)
	if len(parts) < 2 || parts[1] != "functions" || !strings.HasPrefix(parts[0], "20") {
		return "", "", false
	}
	if len(parts) > 2 {
		decoded, err := url.PathUnescape(parts[2])
		if err != nil {
			return "", "", false
		}
		function = decoded
	}
	if len(parts) > 3 {
		rest = strings.TrimSuffix(parts[3], "/")
	}
	return function, rest, true
}
