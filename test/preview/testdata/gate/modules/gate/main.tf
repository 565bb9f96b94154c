variable "mark" {
  type = string
}

variable "wait" {
  type = string
}

resource "terraform_data" "notice" {
  input = templatefile("${path.module}/notice.tftpl", { mark = var.mark })
}

resource "terraform_data" "wait" {
  count = var.wait == "" ? 0 : 1

  provisioner "local-exec" {
    command = "touch '${var.wait}.begun'; until [ -e '${var.wait}.go' ]; do sleep 0.1; done"
  }
}

output "notice" {
  value = terraform_data.notice.output
}
