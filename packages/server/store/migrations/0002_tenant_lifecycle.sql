CREATE TABLE "skill_groups" (
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"skills" jsonb NOT NULL,
	CONSTRAINT "skill_groups_organization_id_name_pk" PRIMARY KEY("organization_id","name")
);
--> statement-breakpoint
CREATE TABLE "skills" (
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"content" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text NOT NULL,
	CONSTRAINT "skills_organization_id_name_pk" PRIMARY KEY("organization_id","name"),
	CONSTRAINT "skill_is_no_larger_than_256_kib" CHECK (octet_length("skills"."content") <= 262144)
);
--> statement-breakpoint
CREATE TABLE "batches" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"request" jsonb NOT NULL,
	"pending" jsonb NOT NULL,
	"total" integer NOT NULL,
	"refused" integer DEFAULT 0 NOT NULL,
	"requested_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "batches_organization_id_id_pk" PRIMARY KEY("organization_id","id")
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"tenant_name" text NOT NULL,
	"generation" integer NOT NULL,
	"files_epoch" integer NOT NULL,
	"cause" text NOT NULL,
	"backup" boolean DEFAULT false NOT NULL,
	"pinned" boolean DEFAULT false NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"image" text NOT NULL,
	"root" text NOT NULL,
	"files" integer NOT NULL,
	"bytes" bigint NOT NULL,
	"stored_bytes" bigint NOT NULL,
	"took_ms" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "checkpoints_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "checkpoint_id_is_unique_in_the_installation" UNIQUE("id"),
	CONSTRAINT "checkpoint_root_is_a_hash" CHECK ("checkpoints"."root" ~ '^[0-9a-f]{64}$')
);
--> statement-breakpoint
CREATE TABLE "config_templates" (
	"organization_id" text NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"content" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "config_templates_organization_id_name_version_pk" PRIMARY KEY("organization_id","name","version")
);
--> statement-breakpoint
CREATE TABLE "drifts" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"kind" text NOT NULL,
	"organization_id" text,
	"tenant_id" text,
	"host_id" text,
	"detail" text NOT NULL,
	"action" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "hosts" (
	"id" text PRIMARY KEY NOT NULL,
	"state" text DEFAULT 'active' NOT NULL,
	"cpu_millis" integer NOT NULL,
	"memory_megabytes" integer NOT NULL,
	"disk_megabytes" integer NOT NULL,
	"disk_free_megabytes" integer NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "load_tests" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"count" integer NOT NULL,
	"tier_id" text NOT NULL,
	"requests" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"started_by" text NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"cleaned_at" timestamp with time zone,
	CONSTRAINT "load_tests_organization_id_id_pk" PRIMARY KEY("organization_id","id")
);
--> statement-breakpoint
CREATE TABLE "operations" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"kind" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"phase" text DEFAULT 'waiting' NOT NULL,
	"request" jsonb NOT NULL,
	"progress" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"client_token" text,
	"requested_by" text NOT NULL,
	"batch_id" text,
	"reason" text,
	"message" text,
	"hint" text,
	"result" jsonb,
	"lease_owner" text,
	"lease_expires_at" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"retry_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"deadline_at" timestamp with time zone NOT NULL,
	CONSTRAINT "operations_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "operation_id_is_unique_in_the_installation" UNIQUE("id"),
	CONSTRAINT "finished_means_over" CHECK (("operations"."state" in ('succeeded', 'failed', 'cancelled')) = ("operations"."finished_at" is not null)),
	CONSTRAINT "failed_has_a_reason" CHECK (("operations"."state" <> 'failed') or ("operations"."reason" is not null))
);
--> statement-breakpoint
CREATE TABLE "quotas" (
	"organization_id" text PRIMARY KEY NOT NULL,
	"tenants" integer,
	"running_tenants" integer,
	"cpu_millis_per_tenant" integer,
	"memory_megabytes_per_tenant" integer,
	"disk_megabytes_per_tenant" integer,
	"total_cpu_millis" integer,
	"total_memory_megabytes" integer,
	"total_disk_megabytes" integer
);
--> statement-breakpoint
CREATE TABLE "reservations" (
	"owner_id" text PRIMARY KEY NOT NULL,
	"host_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"kind" text NOT NULL,
	"generation" integer NOT NULL,
	"cpu_millis" integer NOT NULL,
	"memory_megabytes" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "reservation_is_something" CHECK ("reservations"."cpu_millis" > 0 and "reservations"."memory_megabytes" > 0)
);
--> statement-breakpoint
CREATE TABLE "retentions" (
	"organization_id" text PRIMARY KEY NOT NULL,
	"days" integer NOT NULL,
	"backups_per_tenant" integer NOT NULL,
	"checkpoints_per_tenant" integer NOT NULL,
	"backup_every_hours" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tenant_samples" (
	"organization_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"memory_bytes" bigint,
	"cpu_percent" real,
	"disk_bytes" bigint,
	"processes" integer,
	"turns" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "tenant_samples_organization_id_tenant_id_at_pk" PRIMARY KEY("organization_id","tenant_id","at")
);
--> statement-breakpoint
CREATE TABLE "warm_slot_bounds" (
	"organization_id" text NOT NULL,
	"tier_id" text NOT NULL,
	"minimum" integer NOT NULL,
	"maximum" integer NOT NULL,
	CONSTRAINT "warm_slot_bounds_organization_id_tier_id_pk" PRIMARY KEY("organization_id","tier_id"),
	CONSTRAINT "warm_slot_bounds_in_order" CHECK (0 <= "warm_slot_bounds"."minimum" and "warm_slot_bounds"."minimum" <= "warm_slot_bounds"."maximum")
);
--> statement-breakpoint
ALTER TABLE "tenants" DROP CONSTRAINT "tenant_name";--> statement-breakpoint
ALTER TABLE "tenants" DROP CONSTRAINT "one_personal_tenant_per_employee";--> statement-breakpoint
ALTER TABLE "tenants" ALTER COLUMN "employee_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "group_name" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "tags" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "skills" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "skill_groups" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "config_template" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "image" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "cpu_millis" integer;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "memory_megabytes" integer;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "disk_megabytes" integer;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "on_expiry" text DEFAULT 'stop' NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "timetable" jsonb;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "timetable_done_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "host_id" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "files_epoch" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "checkpoint_id" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "disk_bytes" bigint;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "start_failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "retry_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "skill_groups" ADD CONSTRAINT "skill_groups_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "skills" ADD CONSTRAINT "skills_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "config_templates" ADD CONSTRAINT "config_templates_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drifts" ADD CONSTRAINT "drifts_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "load_tests" ADD CONSTRAINT "load_tests_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "load_tests" ADD CONSTRAINT "load_tests_organization_id_tier_id_tiers_organization_id_id_fk" FOREIGN KEY ("organization_id","tier_id") REFERENCES "public"."tiers"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operations" ADD CONSTRAINT "operations_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operations" ADD CONSTRAINT "operations_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "operations" ADD CONSTRAINT "operations_organization_id_batch_id_batches_organization_id_id_fk" FOREIGN KEY ("organization_id","batch_id") REFERENCES "public"."batches"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quotas" ADD CONSTRAINT "quotas_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_host_id_hosts_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."hosts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retentions" ADD CONSTRAINT "retentions_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenant_samples" ADD CONSTRAINT "tenant_samples_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenant_samples" ADD CONSTRAINT "tenant_samples_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "warm_slot_bounds" ADD CONSTRAINT "warm_slot_bounds_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "warm_slot_bounds" ADD CONSTRAINT "warm_slot_bounds_organization_id_tier_id_tiers_organization_id_id_fk" FOREIGN KEY ("organization_id","tier_id") REFERENCES "public"."tiers"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "batches_open" ON "batches" USING btree ("created_at") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "checkpoints_by_tenant" ON "checkpoints" USING btree ("organization_id","tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "checkpoints_by_age" ON "checkpoints" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "drifts_by_time" ON "drifts" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "one_open_operation_per_tenant" ON "operations" USING btree ("organization_id","tenant_id") WHERE finished_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "operation_by_client_token" ON "operations" USING btree ("organization_id","client_token");--> statement-breakpoint
CREATE INDEX "operations_waiting" ON "operations" USING btree ("created_at") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "operations_by_tenant" ON "operations" USING btree ("organization_id","tenant_id","created_at");--> statement-breakpoint
CREATE INDEX "operations_by_end" ON "operations" USING btree ("finished_at");--> statement-breakpoint
CREATE INDEX "operations_by_batch" ON "operations" USING btree ("organization_id","batch_id");--> statement-breakpoint
CREATE INDEX "reservations_by_host" ON "reservations" USING btree ("host_id");--> statement-breakpoint
CREATE INDEX "tenant_samples_by_time" ON "tenant_samples" USING btree ("at");--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_host_id_hosts_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."hosts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "newest_checkpoint" FOREIGN KEY ("organization_id","checkpoint_id") REFERENCES "public"."checkpoints"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_events_by_target" ON "audit_events" USING btree ("organization_id","target_id","id");--> statement-breakpoint
CREATE INDEX "audit_events_by_actor" ON "audit_events" USING btree ("organization_id","actor_id","id");--> statement-breakpoint
CREATE INDEX "turns_by_end" ON "turns" USING btree ("finished_at");--> statement-breakpoint
CREATE UNIQUE INDEX "tenant_name" ON "tenants" USING btree ("organization_id","name") WHERE state <> 'deleted';--> statement-breakpoint
CREATE UNIQUE INDEX "one_personal_tenant_per_employee" ON "tenants" USING btree ("organization_id","employee_id") WHERE state <> 'deleted';--> statement-breakpoint
CREATE INDEX "tenants_by_checkpoint" ON "tenants" USING btree ("organization_id","checkpoint_id");--> statement-breakpoint
CREATE INDEX "tenants_by_group" ON "tenants" USING btree ("organization_id","group_name");--> statement-breakpoint
CREATE INDEX "tenants_by_tag" ON "tenants" USING gin ("tags");--> statement-breakpoint
CREATE INDEX "tenants_that_expire" ON "tenants" USING btree ("expires_at") WHERE expires_at is not null and state <> 'deleted';--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenant_id_is_no_slot" CHECK ("tenants"."id" !~ '^slot-');--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "deleted_has_a_time" CHECK (("tenants"."state" = 'deleted') = ("tenants"."deleted_at" is not null));