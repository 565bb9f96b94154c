package apigateway

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// expressionOf is the pattern of a resource as a regular expression.
func expressionOf(pattern []string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("(?s)^")
	for i, segment := range pattern {
		if i > 0 {
			b.WriteString("/")
		}
		switch {
		case greedy(segment):
			b.WriteString("(.*)$")
			return regexp.MustCompile(b.String())
		case variable(segment):
			b.WriteString("([^/]+)")
		default:
			b.WriteString(regexp.QuoteMeta(segment))
		}
	}
	b.WriteString("$")
	return regexp.MustCompile(b.String())
}

// FuzzMatch: a path is that resource's whose pattern it is by a regular expression, with
// the same values; of two that match, the one that is more particular is taken.
func FuzzMatch(f *testing.F) {
	f.Add("/goals/{goalId}", "/goals/{path+}", "/goals/a%2Fb")
	f.Add("/goals/{goalId}/{proxy+}", "/goals/own/{proxy+}", "/goals/own/a//b/")
	f.Add("/", "/{proxy+}", "//")
	f.Add("/{a}/b", "/a/{b}", "/%zz/b")
	f.Fuzz(func(t *testing.T, one, two, path string) {
		d := &definition{}
		for _, pattern := range []string{one, two} {
			parts := segments(pattern)
			if !possible(parts) {
				return
			}
			d.resources = append(d.resources, resource{Path: pattern, segments: parts})
		}
		slices.SortStableFunc(d.resources, func(a, b resource) int { return strings.Compare(order(a), order(b)) })
		asked := strings.Join(segments(path), "/")
		var first *resource
		for i, r := range d.resources {
			found := expressionOf(r.segments).FindStringSubmatch(asked)
			// "" is no segment: not one that the last of a pattern could stand for.
			if found != nil && len(segments(path)) == 0 && len(r.segments) > 0 {
				found = nil
			}
			values, ok := matches(r.segments, segments(path))
			if ok != (found != nil) {
				t.Fatalf("%s on %s: %t", r.Path, path, ok)
			}
			if !ok {
				continue
			}
			if first == nil {
				first = &d.resources[i]
			}
			var want map[string]string
			for _, segment := range r.segments {
				if variable(segment) {
					value := found[len(want)+1]
					if decoded, err := url.PathUnescape(value); err == nil {
						value = decoded
					}
					if want == nil {
						want = map[string]string{}
					}
					want[strings.Trim(segment, "{+}")] = value
				}
			}
			if diff := cmp.Diff(want, values); diff != "" {
				t.Errorf("%s on %s (-want +got):\n%s", r.Path, path, diff)
			}
		}
		if got, _ := d.match(path); got != first {
			t.Errorf("%s is %v, want %v", path, got, first)
		}
	})
}

// possible reports whether API Gateway takes a resource of this path: names are of
// letters, digits and a few signs, each variable has one of its own, and only the last
// is greedy.
func possible(pattern []string) bool {
	form := regexp.MustCompile(`^([a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\})$`)
	names := map[string]bool{}
	for i, segment := range pattern {
		name := strings.Trim(segment, "{+}")
		if !form.MatchString(segment) || variable(segment) && names[name] || greedy(segment) && i < len(pattern)-1 {
			return false
		}
		names[name] = names[name] || variable(segment)
	}
	return true
}

// FuzzVerify makes tokens of any header and any claims, signed by a pool's key, by another
// or not at all: what is taken was signed by the pool's key, by RS256, for a client that it
// has, and is not over.
func FuzzVerify(f *testing.F) {
	const claims = `{"iss":"https://cognito-idp.ap-northeast-1.amazonaws.com/pool","aud":"client","token_use":"id","exp":1900000000}`
	for by := range uint8(3) {
		f.Add(`{"alg":"RS256","kid":"key"}`, claims, by, "")
		f.Add(`{"alg":"none"}`, claims, by, "")
	}
	f.Add(`{"alg":"HS256","kid":"key"}`, claims, uint8(0), "")
	f.Add(`{"alg":"RS256","kid":"key"}`, strings.Replace(claims, "19", "1", 1), uint8(0), "")
	f.Add(`{"alg":"RS256","kid":1}`, strings.Replace(claims, `"client"`, `["client"]`, 1), uint8(0), "=")
	f.Add(`{"alg":"RS256","kid":"key"}`, strings.Replace(claims, "/pool", "/other", 1), uint8(0), ".")
	var pairs []*rsa.PrivateKey
	for range 2 {
		pair, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			f.Fatal(err)
		}
		pairs = append(pairs, pair)
	}
	nowhere := upstream.New(&url.URL{Scheme: "nothing", Host: "127.0.0.1"}) // fails at once
	now := time.Unix(1_800_000_000, 0)
	provider := []string{"arn:aws:cognito-idp:ap-northeast-1:123456789012:userpool/pool"}
	f.Fuzz(func(t *testing.T, header, payload string, by uint8, end string) {
		k := newKeys(nowhere)
		k.pools["pool"] = map[string]*rsa.PublicKey{"key": &pairs[0].PublicKey}
		k.clients["pool/client"] = true
		content := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
		token := content + "."
		if int(by) < len(pairs) {
			signature, err := jwt.SigningMethodRS256.Sign(content, pairs[by])
			if err != nil {
				t.Fatal(err)
			}
			token += base64.RawURLEncoding.EncodeToString(signature)
		}
		if token += end; by == 255 {
			token = header // as it comes
		}
		got, err := k.verify(t.Context(), provider, token, now)
		if err != nil {
			return
		}
		if by != 0 || end != "" || !regexp.MustCompile(`"alg"\s*:\s*"RS256"`).MatchString(header) && !strings.Contains(header, `\`) {
			t.Errorf("%s %s, signed by %d, was taken", header, payload, by)
		}
		until, err := got.GetExpirationTime()
		if err != nil || until == nil || !now.Before(until.Add(time.Second)) || got["iss"] != "https://cognito-idp.ap-northeast-1.amazonaws.com/pool" {
			t.Errorf("%s was taken", payload)
		}
		if client := "aud"; got["token_use"] != "access" && got[client] != "client" || got["token_use"] == "access" && got["client_id"] != "client" {
			t.Errorf("%s is of no client", payload)
		}
		for name, text := range texts(got) { // as functions get it
			if _, found := got[name]; !found || name == "exp" && text == "" {
				t.Errorf("%s became %s %q", payload, name, text)
			}
		}
	})
}

// FuzzLiteral: text without code is what a template makes of itself, and what is set is
// what is referred to.
func FuzzLiteral(f *testing.F) {
	f.Add(`{"a": 1}`, "value", "name")
	f.Add("\n\t\xff'\"()", ")", "x9")
	f.Fuzz(func(t *testing.T, text, value, name string) {
		if strings.ContainsAny(text, "#$") || strings.ContainsAny(value, "'") || !regexp.MustCompile(`^[a-z][a-z0-9]{0,20}$`).MatchString(name) {
			return
		}
		for template, want := range map[string]string{
			text: text,
			"#set($" + name + " = '" + value + "')" + text + "${" + name + "}":                          text + value,
			"#if('" + value + "' == '" + value + "')" + text + "#else" + " no#end":                      text,
			"#if('" + value + "' != '" + value + "')" + text + "#elseif(" + strconv.Itoa(1) + ")no#end": "no",
		} {
			made, err := testCall().render(template)
			if err != nil || made.text != want || len(made.headers) != 0 || made.status != 0 {
				t.Errorf("%q: %+v, %v, want %q", template, made, err, want)
			}
		}
	})
}
