variable "folder" {
  type = string
}

variable "names" {
  type = set(string)
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = var.names

  name              = "${var.folder}/${each.key}"
  retention_in_days = 7
}

output "arns" {
  value = { for name, group in aws_cloudwatch_log_group.this : name => group.arn }
}
