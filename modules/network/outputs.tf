output "availability_zones" {
  description = "Names of the Availability Zones, in the order of the subnets."
  value       = var.availability_zones
}

output "database_security_group_id" {
  description = "Security group that accepts PostgreSQL from the functions only."
  value       = aws_security_group.database.id

  # Whoever uses the group gets it with its rules in force.
  depends_on = [aws_vpc_security_group_ingress_rule.database_functions]
}

output "flow_log_group_name" {
  description = "CloudWatch log group of the flow logs."
  value       = aws_cloudwatch_log_group.flow_log.name
}

output "functions_security_group_id" {
  description = "Security group of the functions."
  value       = aws_security_group.functions.id

  depends_on = [
    aws_vpc_security_group_egress_rule.functions_database,
    aws_vpc_security_group_egress_rule.functions_https,
  ]
}

output "nat_public_ips" {
  description = "Public addresses from which the private subnets reach the internet, by zone of the NAT gateway."
  value       = { for zone, address in aws_eip.nat : zone => address.public_ip }
}

output "private_subnet_ids" {
  description = "Private subnets, one per zone, in the order of availability_zones."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]
}

output "public_subnet_ids" {
  description = "Public subnets, one per zone, in the order of availability_zones."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}

output "vpc_cidr_block" {
  description = "IPv4 range of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}
