output "password" {
  value     = "network:${var.password}"
  sensitive = true
}

output "security_group_id" {
  value = aws_security_group.this.id
}

output "subnet_ids" {
  value = { for name, subnet in aws_subnet.this : name => subnet.id }
}

output "vpc_id" {
  value = aws_vpc.this.id
}
