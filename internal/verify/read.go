package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// verdict gathers what a check sees and what of it should be otherwise.
type verdict struct{ seen, faults []string }

// saw adds to the evidence.
func (v *verdict) saw(format string, args ...any) {
	v.seen = append(v.seen, fmt.Sprintf(format, args...))
}

// must holds a fact; the text says what is wrong where it does not hold.
func (v *verdict) must(holds bool, format string, args ...any) {
	if !holds {
		v.faults = append(v.faults, fmt.Sprintf(format, args...))
	}
}

// give ends a check. What is wrong is sorted: maps have no order, and the reasons of
// two runs are compared.
func (v *verdict) give() ([]string, error) {
	if len(v.faults) == 0 {
		return v.seen, nil
	}
	slices.Sort(v.faults)
	return v.seen, &Failure{Reasons: slices.Compact(v.faults)}
}

// memoryKey is the key of a run's memory in its context.
type memoryKey struct{}

// memory keeps what several checks of a run read.
type memory struct {
	mu   sync.Mutex
	kept map[string]*memo
}

type memo struct {
	mu    sync.Mutex
	known bool
	value any
}

// withMemory begins a run: what its checks read by recall is read once.
func withMemory(ctx context.Context) context.Context {
	return context.WithValue(ctx, memoryKey{}, &memory{kept: map[string]*memo{}})
}

// recall gives what was read under a name before in the same run, or reads it. An
// error is not remembered: another check may have more time left.
func recall[T any](ctx context.Context, name string, read func(context.Context) (T, error)) (T, error) {
	m, ok := ctx.Value(memoryKey{}).(*memory)
	if !ok {
		return read(ctx)
	}
	m.mu.Lock()
	kept := m.kept[name]
	if kept == nil {
		kept = &memo{}
		m.kept[name] = kept
	}
	m.mu.Unlock()

	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.known {
		if value, ok := kept.value.(T); ok {
			return value, nil
		}
	}
	value, err := read(ctx)
	if err == nil {
		kept.known, kept.value = true, value
	}
	return value, err
}

// pager gives a list page by page, as the SDK's paginators do.
type pager[Page, Options any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*Options)) (*Page, error)
}

// listOf reads a list whole; what names it where that fails.
func listOf[Page, Options, Item any](ctx context.Context, what string, pages pager[Page, Options], on func(*Page) []Item) ([]Item, error) {
	var all []Item
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		all = append(all, on(page)...)
	}
	return all, nil
}

// tags are a resource's, by key.
type tags map[string]string

// tagsOf gives a service's own list of tags by key.
func tagsOf[Tag any](list []Tag, of func(Tag) (key, value *string)) tags {
	all := tags{}
	for _, each := range list {
		key, value := of(each)
		all[text(key)] = text(value)
	}
	return all
}

// storage gives a client for S3.
func storage(s *Subject) *s3.Client {
	return s3.NewFromConfig(s.AWS, func(o *s3.Options) { o.UsePathStyle = s.PathStyle })
}

// global gives the configuration for us-east-1, where CloudFront's alarms, keys and
// topics are.
func global(s *Subject) awssdk.Config {
	elsewhere := s.AWS.Copy()
	elsewhere.Region = "us-east-1"
	return elsewhere
}

// regions gives the configurations of the environment's regions by name.
func regions(s *Subject) map[string]awssdk.Config {
	return map[string]awssdk.Config{s.AWS.Region: s.AWS, "us-east-1": global(s)}
}

// answered reports whether AWS answered with one of these error codes.
func answered(err error, codes ...string) bool {
	var said smithy.APIError
	return errors.As(err, &said) && slices.Contains(codes, said.ErrorCode())
}

// text gives what a pointer of the SDK points to.
func text(pointer *string) string { return awssdk.ToString(pointer) }

// sorted gives a sorted copy.
func sorted[T ~string](list []T) []T { return slices.Sorted(slices.Values(list)) }

// same reports whether two lists have the same elements, in whatever order.
func same[T ~string](a []T, b ...T) bool { return slices.Equal(sorted(a), sorted(b)) }

// lookup fails where exactly one was to be found.
func lookup[T any](what string, found []T, err error) (T, error) {
	var none T
	switch {
	case err != nil:
		return none, fmt.Errorf("%s: %w", what, err)
	case len(found) != 1:
		return none, &Failure{Reasons: []string{fmt.Sprintf("there are %d of %s, not one", len(found), what)}}
	}
	return found[0], nil
}
