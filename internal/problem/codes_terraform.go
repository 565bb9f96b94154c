package problem

// Codes of Terraform runs.
const (
	TerraformMissing Code = "MD0201"
	ProviderMissing  Code = "MD0202"
	TerraformFailed  Code = "MD0203"
	TerraformCrashed Code = "MD0204"
	DiskFull         Code = "MD0205"
	WorkDirectory    Code = "MD0206"
	InvalidVariables Code = "MD0207"
)

func terraformRuns() []Entry {
	return []Entry{
		{TerraformMissing, "Terraform not found",
			"no Terraform that fits required_version is on PATH, and it could not be downloaded",
			"install a fitting Terraform, or allow access to releases.hashicorp.com"},
		{ProviderMissing, "provider not to be had",
			"terraform init could not get a provider that the root requires",
			"allow access to the provider registry, or name a filesystem mirror with --provider-mirror"},
		{TerraformFailed, "Terraform failed",
			"Terraform or a provider reported errors",
			"mend what the diagnostics say, then run the command again; an apply that was under way goes on with --resume"},
		{TerraformCrashed, "Terraform ended unexpectedly",
			"the Terraform process was killed or printed something that is not its protocol",
			"look at the log named; `mandala-deploy status ENV` shows what was interrupted"},
		{DiskFull, "disk full",
			"the work directory could not be written",
			"free space where the message says, then run the command again"},
		{WorkDirectory, "work directory not usable",
			"the work directory .mandala/ cannot be created or written",
			"check its owner and permissions"},
		{InvalidVariables, "invalid variable value",
			"terraform.tfvars gives a variable a value that its type or validation refuses",
			"mend the value in the file named"},
	}
}
