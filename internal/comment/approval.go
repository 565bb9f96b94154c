package comment

import (
	"fmt"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

// beside tells what is done beside the layers.
func beside(b engine.Beside, most int) string {
	if b.Empty() && len(b.Snapshots) == 0 {
		return ""
	}
	var lines []string
	for _, cluster := range b.Snapshots {
		lines = append(lines, "- 🟢 snapshot of database "+code(cluster, maxPath)+", first\n")
	}
	for _, m := range b.Migrations {
		lines = append(lines, "- 🟡 migration "+code(m.Name, maxPath)+" ("+text(string(m.Class), maxName)+")\n")
	}
	for _, key := range b.Gone {
		lines = append(lines, "- 🔴 page "+code(key, maxPath)+" goes\n")
	}
	for _, key := range b.Entries {
		lines = append(lines, "- 🟡 page "+code(key, maxPath)+"\n")
	}
	for _, name := range b.Aliases {
		lines = append(lines, "- 🟡 callers of "+code(name, maxPath)+" are led to its newest version\n")
	}
	if len(b.Assets) > 0 {
		lines = append(lines, "- 🟢 "+plural(len(b.Assets), "asset")+" of the site\n")
	}
	return rows("**Beside the layers**\n\n", lines, "\n", most, func(from int) string {
		all := fmt.Sprintf("%d snapshots, %d migrations, %d pages, %d pages that go, %d aliases, %d assets in all", len(b.Snapshots), len(b.Migrations), len(b.Entries), len(b.Gone), len(b.Aliases), len(b.Assets))
		return fmt.Sprintf("- and %d more (%s)\n", len(lines)-from, all)
	})
}

// approval tells the digest and how to approve and apply it.
func (r renderer) approval(p Plan, most int) string {
	digest := p.digest()
	if digest == "" {
		return ""
	}
	line := "Digest " + code(digest, maxText)
	if p.Preview.Release != "" {
		line += " of release " + code(p.Preview.Release, maxName)
	}
	line += ".\n"
	if r.sameAsBefore(p) {
		line += "**Re-approval is not needed: the digest is the same.**\n"
	}
	line += "\n"
	commands, ok := r.commands(p)
	if !ok {
		return line
	}
	whole := line + "Approve and apply exactly this:\n\n" + fence("sh", commands) + "\n"
	if len(whole) <= most {
		return whole + guarded(p.Preview, most-len(whole))
	}
	return line
}

// commands gives how this plan is approved and applied.
func (renderer) commands(p Plan) (lines []string, ok bool) {
	file := p.Approval
	if file == "" {
		file = "plan.json"
	}
	words := map[string]string{"": "", "env": p.Environment, "file": file, "version": p.Version}
	for key, word := range words {
		if words[key], ok = secrecy.ShellWord(word); !ok {
			return nil, false
		}
	}
	version := ""
	if p.Version != "" {
		version = " --version " + words["version"]
	}
	if p.Approval == "" {
		plan := "mandala-deploy plan " + words["env"] + version
		for _, layer := range p.Preview.Approval.Inputs.Layers {
			word, ok := secrecy.ShellWord(layer)
			if !ok {
				return nil, false
			}
			plan += " --layer " + word
		}
		lines = append(lines, plan+" --out "+words["file"])
	}
	return append(lines, "mandala-deploy apply "+words["env"]+version+" --approval "+words["file"]), true
}

// guarded tells what apply wants to be named because it holds data.
func guarded(p *engine.Preview, most int) string {
	var lines []string
	for _, c := range p.Guarded {
		if word, ok := secrecy.ShellWord(c.Address); ok {
			lines = append(lines, "--allow-stateful "+word)
		}
	}
	if len(p.Guarded) == 0 || most < maxRest {
		return ""
	}
	head := fmt.Sprintf("`apply` refuses to lose what holds data (%s) unless told to, each by its address:\n\n", plural(len(p.Guarded), "resource"))
	kept := 0
	for kept < len(lines) && len(head)+len(fence("sh", lines[:kept+1]))+maxRest <= most {
		kept++
	}
	block, rest := "", ""
	if kept > 0 {
		block = fence("sh", lines[:kept]) + "\n"
	}
	if more := len(p.Guarded) - kept; more > 0 {
		rest = fmt.Sprintf("%d more, which `plan` names.\n\n", more)
	}
	return head + block + rest
}
