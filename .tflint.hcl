# Run from the repository's root: tflint --recursive --config "$PWD/.tflint.hcl"
config {
  call_module_type = "local"
}

# "all" and not "recommended": typed and documented variables and outputs, one
# naming convention, one comment syntax, nothing declared without use.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

plugin "aws" {
  enabled = true
  source  = "github.com/terraform-linters/tflint-ruleset-aws"
  version = "0.48.0"
}

# Off: it wants a variables.tf and an outputs.tf in every folder, and an example
# has neither.
rule "terraform_standard_module_structure" {
  enabled = false
}
