package aws

import (
	"context"
	"errors"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// finder looks in the account for one type's object. It gives its import id.
type finder func(c *Client, ctx context.Context, values planned, taken map[string]bool) (importID string, found bool, err error)

// HalfMade reports whether what Find gives of a type has to be replaced. A new
// security group lets everything out until the provider has taken away the
// rule that AWS gives it; neither import nor update does that. What else is
// made in several steps is completed by an update.
func (c *Client) HalfMade(resourceType string) bool { return resourceType == "aws_security_group" }

// Find looks for an object that a creation with these planned values would
// collide with or duplicate. It finds nothing, without an error, when the
// values that identify the object are not known yet, when the type is not one
// it can look for, and when what has the name belongs to someone else by its
// tags.
//
// taken are ids of all types together, so names do not count in it: a cluster
// and its subnet group may share one.
func (c *Client) Find(ctx context.Context, resourceType string, values map[string]any, taken map[string]bool) (importID string, found bool, err error) {
	how := kinds[resourceType]
	if how.find == nil {
		return "", false, nil
	}
	homes := []*Client{c}
	if how.east && c.east != nil {
		homes = append(homes, c.east)
	}
	for _, home := range homes {
		importID, found, err = how.find(home, ctx, values, taken)
		if err != nil {
			return "", false, err
		}
		if found {
			return importID, true, nil
		}
	}
	return "", false, nil
}

// object is what a look-up by name gives.
type object struct {
	importID string
	// number is the id that AWS gave the object, as states know it; "" where
	// they know it by its name. One that a state has is not found again.
	number string
	tags   map[string]string // nil where the type has none
}

// named makes the finder of a type whose object is known by planned values:
// by its name, or by its parent and a name in it. noun is for errors; needs
// are the values that must be known. read fails with an error that isAbsent
// knows where there is no such object.
func named(noun string, read func(*Client, context.Context, planned) (object, error), needs ...string) finder {
	return func(c *Client, ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
		name, known := values.all(needs...)
		if !known {
			return "", false, nil
		}
		have, err := read(c, ctx, values)
		if isAbsent(err) {
			return "", false, nil
		}
		if err != nil {
			return "", false, unlessKnown(ctx, "look for "+noun+" "+strings.Join(name, " "), err)
		}
		if have.importID == "" || (have.number != "" && taken[have.number]) {
			return "", false, nil
		}
		return have.importID, !c.foreign(have.tags, values.tags()), nil
	}
}

// listed makes the finder of a type of which AWS lets several have the same
// name: the one with the planned tags is meant. noun is the plural.
func listed(noun string, list func(*Client, context.Context, planned) ([]candidate, error), needs ...string) finder {
	return func(c *Client, ctx context.Context, values planned, taken map[string]bool) (string, bool, error) {
		if _, known := values.all(needs...); !known {
			return "", false, nil
		}
		candidates, err := list(c, ctx, values)
		if isAbsent(err) {
			return "", false, nil
		}
		if err != nil {
			return "", false, unlessKnown(ctx, "list "+noun, err)
		}
		id, found := c.pick(candidates, values.tags(), taken)
		return id, found, nil
	}
}

// unlessKnown gives what a look-up failed with as a problem; what it asked of
// other parts of the client is one already.
func unlessKnown(ctx context.Context, doing string, err error) error {
	if already := (*problem.Error)(nil); errors.As(err, &already) {
		return err
	}
	return failure(ctx, doing, err)
}
