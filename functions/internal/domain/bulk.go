package domain

import (
	"fmt"
	"slices"
)

// MaxBulk is how many rows one request changes at most.
const MaxBulk = 100

const notAnID = "must be an id as the API gives them"

// ParseIDs reads the ids of a change of many rows: 1 to MaxBulk, each of them once. A
// ValidationError names the places of those that are wrong, such as "ids[2]". An id
// that comes twice is a mistake of who made the list, and refused rather than folded.
func ParseIDs(field string, list []string) ([]ID, error) {
	var c checks
	if len(list) == 0 {
		c.add(field, CodeRequired, "must have at least one id")
	}
	if len(list) > MaxBulk {
		c.add(field, CodeTooLong, "must have at most %d ids", MaxBulk)
		return nil, c.err()
	}
	ids := make([]ID, 0, len(list))
	first := map[ID]int{}
	for i, text := range list {
		id, ok := ParseID(text)
		if !ok {
			c.add(At(field, i), CodeInvalid, notAnID)
			continue
		}
		if before, found := first[id]; found {
			c.add(At(field, i), CodeDuplicate, "is the same as %s", At(field, before))
			continue
		}
		first[id] = i
		ids = append(ids, id)
	}
	return ids, c.err()
}

// At names the place i of a list for a FieldError.
func At(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

// BulkStatus is a change of the status of many tasks.
type BulkStatus struct {
	Faults `json:"-"`
	IDs    []string    `json:"ids"`
	Status *TaskStatus `json:"status"`
}

// Parse gives the tasks' ids, or a ValidationError of everything that is wrong.
func (b BulkStatus) Parse() ([]ID, error) {
	var c checks
	if b.Status == nil {
		c.add("status", CodeRequired, "must be there")
	} else if !slices.Contains(TaskStatuses(), *b.Status) {
		c.add("status", CodeUnknown, "must be one of %v", TaskStatuses())
	}
	ids, err := ParseIDs("ids", b.IDs)
	return ids, b.With(c.with(err))
}
