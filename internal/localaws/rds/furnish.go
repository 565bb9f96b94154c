package rds

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// administrator is the superuser, who is AWS's alone there.
const administrator = "rdsadmin"

// furnish gives a new server what RDS gives a new cluster: the master user, who is
// no superuser, the roles that grants name, and the first database.
func furnish(ctx context.Context, address string, c *cluster) error {
	connection, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	user := pgx.Identifier{c.user}.Sanitize()
	statements := []string{
		"CREATE ROLE rds_iam",
		"CREATE ROLE rds_superuser",
		"GRANT rds_iam, pg_monitor, pg_signal_backend, pg_read_all_data, pg_write_all_data TO rds_superuser WITH ADMIN OPTION",
		"CREATE ROLE " + user + " LOGIN CREATEDB CREATEROLE IN ROLE rds_superuser",
	}
	if c.database != "" && c.database != "postgres" {
		statements = append(statements, "CREATE DATABASE "+pgx.Identifier{c.database}.Sanitize()+" OWNER "+user)
	}
	for _, statement := range statements {
		if _, err := connection.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
