// Package cursor makes the opaque texts by which a listing goes on where its last page
// ended. A cursor holds the sort keys of the last row; it grants nothing, because the
// listing that it goes on with asks for the caller's own rows only.
package cursor

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrInvalid is a cursor that the listing did not give.
var ErrInvalid = errors.New("not a cursor of this listing")

// longest is more than any cursor has, in bytes.
const longest = 1024

// Encode makes the cursor of a listing. kind names the listing and its order, so that
// a cursor is not taken for another listing's.
func Encode(kind string, keys ...string) string {
	// Strings always marshal.
	text, _ := json.Marshal(append([]string{kind}, keys...))
	return base64.RawURLEncoding.EncodeToString(text)
}

// Decode gives the count keys back, or ErrInvalid. The keys are as untrusted as the text.
func Decode(kind, text string, count int) ([]string, error) {
	if len(text) > longest {
		return nil, fmt.Errorf("%d bytes: %w", len(text), ErrInvalid)
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, ErrInvalid
	}
	var parts []string
	if err := json.Unmarshal(decoded, &parts); err != nil || len(parts) == 0 || len(parts) != count+1 || parts[0] != kind {
		return nil, ErrInvalid
	}
	return parts[1:], nil
}
