variable "availability_zones" {
  description = "Names of the Availability Zones, in order; each gets one public and one private subnet. Append only: a zone's position decides its address ranges."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 6
    error_message = "R1.5: availability_zones must name 2 to 6 zones."
  }

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "R1.5: availability_zones must not repeat a zone."
  }
}

variable "cidr_block" {
  description = "IPv4 range of the VPC. Public subnets are 8 bits smaller, private ones 4 bits."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false

  validation {
    condition     = try(cidrnetmask(var.cidr_block), "") != "" && can(regex("/(1[6-9]|20)$", var.cidr_block))
    error_message = "R1.5: cidr_block must be an IPv4 range between /16 and /20, for example 10.0.0.0/16."
  }

  validation {
    condition     = try(cidrsubnet(var.cidr_block, 0, 0) == var.cidr_block, false)
    error_message = "R1.5: cidr_block must be the first address of its range."
  }
}

variable "flow_log" {
  description = "Flow logs: seconds over which packets are aggregated (60 or 600), days that the records are kept, and which traffic is recorded."
  type = object({
    aggregation_seconds = optional(number, 600)
    retention_days      = optional(number, 30)
    traffic_type        = optional(string, "ALL")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains([60, 600], var.flow_log.aggregation_seconds)
    error_message = "R1.5: flow_log.aggregation_seconds must be 60 or 600."
  }

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.flow_log.retention_days)
    error_message = "R3.4: flow_log.retention_days must be one of the retention periods of CloudWatch Logs."
  }

  validation {
    condition     = contains(["ACCEPT", "REJECT", "ALL"], var.flow_log.traffic_type)
    error_message = "R1.5: flow_log.traffic_type must be ACCEPT, REJECT or ALL."
  }
}

variable "gateway_endpoints" {
  description = "AWS services reached through gateway endpoints, which are free of charge: s3, dynamodb."
  type        = set(string)
  default     = ["s3"]
  nullable    = false

  validation {
    condition     = alltrue([for service in var.gateway_endpoints : contains(["s3", "dynamodb"], service)])
    error_message = "R1.5: gateway_endpoints may hold s3 and dynamodb only."
  }
}

variable "interface_endpoints" {
  description = "AWS services reached through interface endpoints, by the last part of their endpoint name, for example secretsmanager. Each costs an hourly price per zone."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for service in var.interface_endpoints : can(regex("^[a-z0-9][a-z0-9.-]*$", service))])
    error_message = "R1.5: interface_endpoints must be service names such as secretsmanager or bedrock-runtime."
  }
}

variable "name" {
  description = "Prefix of every name, normally PROJECT-ENVIRONMENT."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,38}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 40 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "nat_gateways" {
  description = "How many NAT gateways give the private subnets a way out: none, single (one for all zones) or per_zone."
  type        = string
  default     = "single"
  nullable    = false

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat_gateways)
    error_message = "R1.5: nat_gateways must be none, single or per_zone."
  }
}

variable "tags" {
  description = "Tags of every resource, in addition to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
