# No backend block: the tool gives each layer its own state and writes it.
#
# .terraform.lock.hcl pins the provider. Other platforms, on a machine that
# reaches the registry (-fs-mirror=DIR otherwise):
#   terraform -chdir=environments providers lock -platform=linux_amd64 \
#     -platform=linux_arm64 -platform=darwin_amd64 -platform=darwin_arm64
terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
