package engine

import "testing"

func TestUnfinishedRuns(t *testing.T) {
	t.Parallel()
	layers := func(statuses ...RunStatus) []LayerRecord {
		var all []LayerRecord
		for _, s := range statuses {
			all = append(all, LayerRecord{Status: s})
		}
		return all
	}
	cases := map[string]struct {
		record               Record
		unsettled, resumable bool
	}{
		"succeeded":                {Record{Operation: OperationApply, Status: Succeeded}, false, false},
		"killed":                   {Record{Operation: OperationApply, Status: Running}, true, true},
		"its Terraform was killed": {Record{Operation: OperationApply, Status: Crashed, Layers: layers(Succeeded, Crashed)}, true, true},
		"failed":                   {Record{Operation: OperationApply, Status: Failed, Layers: layers(Failed, Skipped)}, false, true},
		"interrupted":              {Record{Operation: OperationApply, Status: Interrupted, Layers: layers(Interrupted)}, false, true},
		"killed, then resumed":     {Record{Operation: OperationApply, Status: Crashed, Layers: layers(Running), ResumedBy: "x"}, false, false},
		"a killed destroy":         {Record{Operation: OperationDestroy, Status: Running}, true, false},
		"an unlock":                {Record{Operation: OperationUnlock, Status: Running}, false, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.record.Unsettled(); got != c.unsettled {
				t.Errorf("unsettled: %v", got)
			}
			if got := c.record.Resumable(); got != c.resumable {
				t.Errorf("resumable: %v", got)
			}
		})
	}
}
