resource "terraform_data" "secret" {
  input = "${var.password}:${var.revision}"
}

resource "terraform_data" "wait" {
  count = var.wait_seconds > 0 ? 1 : 0

  provisioner "local-exec" {
    command = "sleep ${var.wait_seconds}"
  }
}
