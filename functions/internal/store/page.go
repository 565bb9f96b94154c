package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/cursor"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// Page is a part of a listing.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of what follows; empty at the end.
	Next string `json:"nextCursor,omitempty"`
}

// Window says which part of a listing is wanted.
type Window struct {
	After string // a page's Next; empty begins at the start
	Limit int    // 1 to MaxLimit; 0 is DefaultLimit
}

// Bounds of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 100
)

func (w Window) limit() int {
	if w.Limit < 1 {
		return DefaultLimit
	}
	return min(w.Limit, MaxLimit)
}

// query builds a statement piece by piece, with its arguments.
type query struct {
	text      strings.Builder
	arguments []any
}

// add appends text, in which each ? stands for an argument.
func (q *query) add(text string, arguments ...any) {
	for _, argument := range arguments {
		q.arguments = append(q.arguments, argument)
		before, after, _ := strings.Cut(text, "?")
		fmt.Fprintf(&q.text, "%s$%d", before, len(q.arguments))
		text = after
	}
	q.text.WriteString(text)
}

// timeKeys reads a cursor whose keys are a time and an id.
func timeKeys(kind, after string) (time.Time, domain.ID, error) {
	keys, err := cursor.Decode(kind, after, 2)
	if err != nil {
		return time.Time{}, "", err
	}
	at, err := time.Parse(time.RFC3339Nano, keys[0])
	id, ok := domain.ParseID(keys[1])
	if err != nil || !ok || at.Year() < 1 || at.Year() > 9999 {
		return time.Time{}, "", cursor.ErrInvalid
	}
	return at, id, nil
}

func timeCursor(kind string, at time.Time, id domain.ID) string {
	return cursor.Encode(kind, at.UTC().Format(time.RFC3339Nano), string(id))
}

// MaxPage is how long a page becomes, in bytes as it is sent: Lambda answers with 6 MB at
// most, in which the page is a text of JSON.
const MaxPage = 4 << 20

// page cuts rows, of which one more than limit was asked for; earlier where they are long.
func page[T any](rows []T, limit int, next func(T) string) Page[T] {
	keep := min(len(rows), limit)
	length := 0
	for i := range keep {
		if length += sentLength(rows[i]); length > MaxPage && i > 0 {
			keep = i
			break
		}
	}
	if keep == len(rows) {
		return Page[T]{Items: rows}
	}
	return Page[T]{Items: rows[:keep], Next: next(rows[keep-1])}
}

// sentLength is how long a row is as JSON inside a text of JSON.
func sentLength(row any) int {
	inner, err := json.Marshal(row)
	if err != nil {
		return 0 // who answers with it finds out
	}
	outer, err := json.Marshal(string(inner))
	if err != nil {
		return 0
	}
	return len(outer)
}

// keys are the keys of a set, in order.
func keys[V any](set map[domain.ID]V) []string {
	all := texts(slices.Sorted(maps.Keys(set)))
	if all == nil {
		return []string{}
	}
	return all
}
