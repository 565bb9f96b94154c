package test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// checkIAM reads every policy document of the stack and holds it to R4.1.
func checkIAM(t *testing.T, s *stack) {
	listed, documents := exceptions(t), s.documents(t)
	seen := map[string]bool{}
	for _, d := range documents {
		for _, fault := range iampolicy.Faults(d.policy, d.kind, s.Account) {
			t.Errorf("R4.1: %s %s: %s", d.kind, d.name, fault)
		}
		if d.kind != "identity" {
			continue
		}
		role := strings.TrimPrefix(d.owner, s.Name+"-")
		for _, each := range d.Statement {
			if !slices.Contains(each.Resource, "*") {
				continue
			}
			row := slices.IndexFunc(listed, func(known exception) bool {
				matched, err := path.Match(known.role, role)
				return err == nil && matched && known.sid == each.Sid
			})
			if row < 0 {
				t.Errorf("R4.1: %s: statement %q speaks of all resources, and docs/security.md does not tell why", d.name, each.Sid)
				continue
			}
			seen[listed[row].sid+" "+listed[row].role] = true
		}
	}
	for _, each := range listed {
		if !seen[each.sid+" "+each.role] {
			t.Errorf("R4.1: docs/security.md lists statement %s of %s, which no longer speaks of all resources", each.sid, each.role)
		}
	}
	checkKindsRead(t, documents)
	checkManagedPolicies(t, s)
}

// checkManagedPolicies: each of ours is some role's, and so was read; of AWS's,
// which change without us, one is used.
func checkManagedPolicies(t *testing.T, s *stack) {
	t.Helper()
	client := iam.NewFromConfig(s.config)
	pages := iam.NewListPoliciesPaginator(client, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range page.Policies {
			if strings.HasPrefix(aws.ToString(each.PolicyName), s.Name+"-") && aws.ToInt32(each.AttachmentCount) == 0 {
				t.Errorf("R4.1: policy %s is nobody's", aws.ToString(each.PolicyName))
			}
		}
	}
	var foreign []string
	for _, role := range s.roles(t) {
		attached, err := client.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: role.RoleName})
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range attached.AttachedPolicies {
			if !strings.HasPrefix(aws.ToString(each.PolicyName), s.Name+"-") {
				foreign = append(foreign, aws.ToString(role.RoleName)+" "+aws.ToString(each.PolicyArn))
			}
		}
	}
	want := []string{s.Name + "-database-monitoring arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"}
	if diff := cmp.Diff(want, foreign); diff != "" {
		t.Errorf("R4.1: policies that are not the stack's (-want +got):\n%s", diff)
	}
}

// checkKindsRead keeps the check honest: a kind of which nothing was read was
// held to nothing.
func checkKindsRead(t *testing.T, documents []document) {
	t.Helper()
	found := map[string]bool{}
	for _, d := range documents {
		found[d.kind] = true
	}
	want := []string{"bucket", "function", "identity", "key", "queue", "topic", "trust"}
	for _, kind := range want {
		if !found[kind] {
			t.Errorf("R4.1: no policy of a %s was found", kind)
		}
	}
}

// exception is a row of docs/security.md: a statement on all resources.
type exception struct{ sid, role, reason string }

var tableRow = regexp.MustCompile(`(?m)^\| ([A-Za-z]+) \| ([a-z*-]+) \| (.+) \|$`)

func exceptions(t *testing.T) []exception {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(kit.Repository(), "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(body), "\n| Sid | role | reason |\n| --- | --- | --- |\n")
	if !found {
		t.Fatal("docs/security.md has no table of statements")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var all []exception
	for line := range strings.Lines(table) {
		row := tableRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			t.Fatalf("docs/security.md: no row of the table of statements: %s", line)
		}
		all = append(all, exception{sid: row[1], role: row[2], reason: row[3]})
	}
	return all
}

// TestExceptionsAreListed compares the table with what the modules say about the
// same statements.
func TestExceptionsAreListed(t *testing.T) {
	t.Parallel()
	listed, marked := map[string]string{}, map[string]string{}
	for _, each := range exceptions(t) {
		listed[each.sid] = each.reason
	}
	files, err := filepath.Glob(filepath.Join(kit.Repository(), "modules", "*", "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(body), "\n")
		for i, line := range lines {
			_, reason, found := strings.Cut(line, "# R4.1 exception: ")
			if !found {
				continue
			}
			for _, more := range lines[i+1:] {
				text, comment := strings.CutPrefix(strings.TrimSpace(more), "# ")
				if !comment {
					break
				}
				reason += " " + text
			}
			marked[sidAt(lines, i)] = strings.TrimSuffix(reason, ".")
		}
	}
	if diff := cmp.Diff(marked, listed); diff != "" {
		t.Errorf("R4.1: docs/security.md and the modules' exceptions (-modules +table):\n%s", diff)
	}
}

var (
	sidLine      = regexp.MustCompile(`^\s*Sid\s*= "([A-Za-z]+)"`)
	resourceLine = regexp.MustCompile(`^\s*Resource\s*= `)
)

// sidAt gives the Sid of the statement that a comment is in or above.
func sidAt(lines []string, comment int) string {
	for _, line := range lines[comment:] {
		if sid := sidLine.FindStringSubmatch(line); sid != nil {
			return sid[1]
		}
		if resourceLine.MatchString(line) {
			break // the comment is within a statement, after its Sid
		}
	}
	for _, line := range slices.Backward(lines[:comment]) {
		if sid := sidLine.FindStringSubmatch(line); sid != nil {
			return sid[1]
		}
	}
	return ""
}
