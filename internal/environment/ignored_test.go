package environment_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

func TestIgnoredChanges(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"modules/a/main.tf": {Data: []byte(`
resource "aws_one" "this" {
  lifecycle {
    ignore_changes = [content, tags["Release"], block[0].name]
  }
}
resource "aws_two" "this" {
  lifecycle {
    ignore_changes = all
  }
}
resource "aws_three" "this" {
  lifecycle {
    prevent_destroy = true
  }
}
data "aws_four" "this" {}
`)},
		"modules/a/other.tf":     {Data: []byte("resource \"aws_five\" \"x\" {\n  lifecycle {\n    ignore_changes = [n]\n  }\n}\n")},
		"modules/a/broken.tf":    {Data: []byte("resource {")},
		"modules/a/.hidden.tf":   {Data: []byte("resource \"aws_six\" \"x\" {\n  lifecycle {\n    ignore_changes = [n]\n  }\n}\n")},
		"modules/a/sub/main.tf":  {Data: []byte("resource \"aws_six\" \"x\" {\n  lifecycle {\n    ignore_changes = [n]\n  }\n}\n")},
		"modules/a/README.md":    {Data: []byte("# a")},
		"modules/empty/notes.md": {Data: []byte("none")},
	}
	got, err := environment.IgnoredChanges(fsys, "modules/a")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"aws_one.this": {"content", "tags.Release"},
		"aws_two.this": {environment.AllAttributes},
		"aws_five.x":   {"n"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := environment.IgnoredChanges(fsys, "modules/empty"); err != nil || len(got) > 0 {
		t.Errorf("a module without resources: %v, %v", got, err)
	}
	if _, err := environment.IgnoredChanges(fsys, "modules/none"); err == nil {
		t.Error("a module that is not there has no error")
	}
}
