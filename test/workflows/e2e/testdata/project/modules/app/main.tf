variable "base_id" {
  type = string
}

variable "healthy" {
  type = bool
}

variable "release" {
  type = string
}

variable "wait_file" {
  type = string
}

resource "terraform_data" "this" {
  input = { base = var.base_id, healthy = var.healthy, release = var.release }
}

resource "terraform_data" "wait" {
  count = var.wait_file == "" ? 0 : 1

  provisioner "local-exec" {
    command = "test -e '${var.wait_file}' || { touch '${var.wait_file}'; exec sleep 300; }"
  }
}

output "id" {
  value = terraform_data.this.id
}
