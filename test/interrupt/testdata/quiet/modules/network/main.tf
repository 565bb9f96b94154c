resource "terraform_data" "part" {
  for_each = toset(["a", "b", "c", "d", "e", "f"])

  input = "${each.key} of revision ${var.revision}"
}

resource "terraform_data" "wait" {
  count = var.wait_seconds > 0 ? 1 : 0

  provisioner "local-exec" {
    command = "sleep ${var.wait_seconds}"
  }
}
