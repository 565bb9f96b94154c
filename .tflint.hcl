# `make lint` runs it for every folder.
config {
  call_module_type = "local"
}

# "all" and not "recommended": typed and documented variables and outputs, one
# naming convention, one comment syntax, nothing declared without use.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

# No source and no version: `make lint` builds the one that
# tools/tflint-ruleset-aws/go.mod pins and puts it into TFLINT_PLUGIN_DIR.
plugin "aws" {
  enabled = true
}

# Off: it wants a variables.tf and an outputs.tf in every folder, and an example
# has neither.
rule "terraform_standard_module_structure" {
  enabled = false
}
