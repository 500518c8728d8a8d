import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('partners', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('roaming', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=20, unique=True)),
                ('cdr', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='roaming.cdr')),
                ('state', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn')], default='open', max_length=9)),
                ('reason', models.CharField(choices=[('price', 'Price differs from the tariff'), ('energy', 'Energy is not plausible'), ('time', 'Times are not plausible'), ('duplicate', 'Charged twice'), ('unknown_session', 'Session not known'), ('late', 'CDR came too late'), ('other', 'Other')], max_length=20)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=18, verbose_name='amount contested')),
                ('currency', models.CharField(max_length=3)),
                ('due_at', models.DateTimeField(verbose_name='answer due')),
                ('opened_at', models.DateTimeField()),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['open', 'accepted', 'rejected', 'withdrawn'])), name='billing_dispute_state_known'), models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='billing_dispute_amount_positive'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='billing_dispute_closed_when_decided'), models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('cdr',), name='billing_dispute_one_open_per_cdr')],
            },
        ),
        migrations.CreateModel(
            name='DisputeEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='billing.dispute')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('reference', models.CharField(max_length=20)),
                ('cdr', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='roaming.cdr')),
                ('state', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn')], default='open', max_length=9)),
                ('reason', models.CharField(choices=[('price', 'Price differs from the tariff'), ('energy', 'Energy is not plausible'), ('time', 'Times are not plausible'), ('duplicate', 'Charged twice'), ('unknown_session', 'Session not known'), ('late', 'CDR came too late'), ('other', 'Other')], max_length=20)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=18, verbose_name='amount contested')),
                ('currency', models.CharField(max_length=3)),
                ('due_at', models.DateTimeField(verbose_name='answer due')),
                ('opened_at', models.DateTimeField()),
                ('opened_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DisputeMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dispute', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='billing.dispute')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='SettlementRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='partners.agreement')),
                ('period_starts_date', models.DateField()),
                ('period_ends_date', models.DateField()),
                ('cdr_count', models.PositiveIntegerField(default=0)),
                ('run_at', models.DateTimeField()),
                ('run_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-period_starts_date', '-id'],
                'constraints': [models.UniqueConstraint(fields=('agreement', 'period_starts_date'), name='billing_settlement_run_once_per_period'), models.CheckConstraint(condition=models.Q(('period_ends_date__gt', models.F('period_starts_date'))), name='billing_settlement_run_period_in_order')],
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('expected', 'Expected invoice')], max_length=8)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('issued', 'Issued')], default='draft', max_length=6)),
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='invoice', to='billing.settlementrun')),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='partners.agreement')),
                ('seller', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sales', to='partners.partner')),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchases', to='partners.partner')),
                ('number', models.CharField(blank=True, max_length=40, null=True)),
                ('sequence', models.PositiveIntegerField(blank=True, null=True)),
                ('sequence_year', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('period_starts_date', models.DateField()),
                ('period_ends_date', models.DateField()),
                ('currency', models.CharField(max_length=3)),
                ('net', models.DecimalField(decimal_places=4, max_digits=18)),
                ('vat_rate', models.DecimalField(decimal_places=2, max_digits=5)),
                ('vat_amount', models.DecimalField(decimal_places=4, max_digits=18)),
                ('gross', models.DecimalField(decimal_places=4, max_digits=18)),
                ('vat_note', models.CharField(blank=True, max_length=200)),
                ('energy_kwh', models.DecimalField(decimal_places=8, max_digits=24)),
                ('issued_at', models.DateTimeField(blank=True, null=True)),
                ('issued_date', models.DateField(blank=True, null=True)),
                ('due_date', models.DateField(blank=True, null=True)),
                ('issued_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('companies', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['invoice', 'expected'])), name='billing_invoice_kind_known'), models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'issued'])), name='billing_invoice_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'invoice'), ('number__isnull', False), ('sequence__isnull', False), ('state', 'issued')), models.Q(models.Q(('kind', 'invoice'), ('state', 'issued'), _negated=True), ('number__isnull', True), ('sequence__isnull', True)), _connector='OR'), name='billing_invoice_numbered_when_issued'), models.UniqueConstraint(fields=('seller', 'number'), name='billing_invoice_number_given_once'), models.UniqueConstraint(fields=('seller', 'sequence_year', 'sequence'), name='billing_invoice_sequence_given_once'), models.CheckConstraint(condition=models.Q(('gross', django.db.models.expressions.CombinedExpression(models.F('net'), '+', models.F('vat_amount')))), name='billing_invoice_gross_is_net_plus_vat')],
            },
        ),
        migrations.CreateModel(
            name='InvoiceEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='billing.invoice')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('kind', models.CharField(choices=[('invoice', 'Invoice'), ('expected', 'Expected invoice')], max_length=8)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('issued', 'Issued')], default='draft', max_length=6)),
                ('run', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.settlementrun')),
                ('agreement', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='partners.agreement')),
                ('seller', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='partners.partner')),
                ('buyer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='partners.partner')),
                ('number', models.CharField(blank=True, max_length=40, null=True)),
                ('sequence', models.PositiveIntegerField(blank=True, null=True)),
                ('sequence_year', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('period_starts_date', models.DateField()),
                ('period_ends_date', models.DateField()),
                ('currency', models.CharField(max_length=3)),
                ('net', models.DecimalField(decimal_places=4, max_digits=18)),
                ('vat_rate', models.DecimalField(decimal_places=2, max_digits=5)),
                ('vat_amount', models.DecimalField(decimal_places=4, max_digits=18)),
                ('gross', models.DecimalField(decimal_places=4, max_digits=18)),
                ('vat_note', models.CharField(blank=True, max_length=200)),
                ('energy_kwh', models.DecimalField(decimal_places=8, max_digits=24)),
                ('issued_at', models.DateTimeField(blank=True, null=True)),
                ('issued_date', models.DateField(blank=True, null=True)),
                ('due_date', models.DateField(blank=True, null=True)),
                ('issued_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('companies', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='InvoiceFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='billing.invoice')),
                ('format', models.CharField(choices=[('pdf', 'PDF'), ('csv', 'CSV'), ('xlsx', 'XLSX')], max_length=4)),
                ('content', models.BinaryField()),
                ('sha256', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('invoice', 'format'), name='billing_invoice_file_once')],
            },
        ),
        migrations.CreateModel(
            name='InvoiceLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='billing.invoice')),
                ('cdr', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='invoice_line', to='roaming.cdr')),
                ('position', models.PositiveIntegerField()),
                ('amount', models.DecimalField(decimal_places=4, max_digits=18)),
                ('currency', models.CharField(max_length=3)),
            ],
            options={
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('invoice', 'position'), name='billing_invoice_line_position_once')],
            },
        ),
        migrations.CreateModel(
            name='NumberSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('issuer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partners.partner')),
                ('year', models.PositiveSmallIntegerField()),
                ('last', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'number series',
                'constraints': [models.UniqueConstraint(fields=('issuer', 'year'), name='billing_number_series_one_a_year')],
            },
        ),
        migrations.CreateModel(
            name='Rating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cdr', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ratings', to='roaming.cdr')),
                ('agreement', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='partners.agreement')),
                ('verdict', models.CharField(choices=[('within', 'Within tolerance'), ('outside', 'Outside tolerance'), ('unpriceable', 'Could not be priced')], max_length=11)),
                ('total', models.DecimalField(decimal_places=8, max_digits=24, null=True, verbose_name='our total before tax')),
                ('difference', models.DecimalField(decimal_places=8, max_digits=24, null=True, verbose_name='carried minus ours')),
                ('currency', models.CharField(max_length=3)),
                ('tolerance', models.DecimalField(decimal_places=4, max_digits=9, null=True)),
                ('explanation', models.JSONField()),
                ('rated_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('verdict', 'unpriceable'), ('total__isnull', False), _connector='OR'), name='billing_rating_priced_has_a_total')],
            },
        ),
        migrations.CreateModel(
            name='SettlementRunEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='billing.settlementrun')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('agreement', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='partners.agreement')),
                ('period_starts_date', models.DateField()),
                ('period_ends_date', models.DateField()),
                ('cdr_count', models.PositiveIntegerField(default=0)),
                ('run_at', models.DateTimeField()),
                ('run_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dispute',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "billing_disputeevent" ("amount", "cdr_id", "closed_at", "closed_by_id", "currency", "due_at", "id", "opened_at", "opened_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "reference", "state") VALUES (NEW."amount", NEW."cdr_id", NEW."closed_at", NEW."closed_by_id", NEW."currency", NEW."due_at", NEW."id", NEW."opened_at", NEW."opened_by_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."reason", NEW."reference", NEW."state"); RETURN NULL;', hash='19fdf3a015ee56d163aad50d819781ae37e4944a', operation='INSERT', pgid='pgtrigger_insert_insert_719b9', table='billing_dispute', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dispute',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_disputeevent" ("amount", "cdr_id", "closed_at", "closed_by_id", "currency", "due_at", "id", "opened_at", "opened_by_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "reference", "state") VALUES (NEW."amount", NEW."cdr_id", NEW."closed_at", NEW."closed_by_id", NEW."currency", NEW."due_at", NEW."id", NEW."opened_at", NEW."opened_by_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."reason", NEW."reference", NEW."state"); RETURN NULL;', hash='94d3669bd59b1c25107e700c3a5f76f1bd638558', operation='UPDATE', pgid='pgtrigger_update_update_1b52c', table='billing_dispute', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoicefile',
            trigger=pgtrigger.compiler.Trigger(name='file_is_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='d21b2a2b6d55dc2391a1addafa61038b15345753', operation='UPDATE OR DELETE', pgid='pgtrigger_file_is_kept_e4a6a', table='billing_invoicefile', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoiceline',
            trigger=pgtrigger.compiler.Trigger(name='lines_of_drafts_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    PERFORM 1 FROM billing_invoice WHERE id IN (NEW.invoice_id, OLD.invoice_id) FOR SHARE;\n    IF EXISTS (SELECT 1 FROM billing_invoice WHERE id IN (NEW.invoice_id, OLD.invoice_id) AND state <> 'draft') THEN\n        RAISE EXCEPTION 'billing_invoice_line: the invoice is issued and never changes';\n    END IF;\n    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n    RETURN NEW;\n", hash='90d9eef8d6a5fb41f1e9d7af69dcdc1b5d2c4eb6', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_lines_of_drafts_only_b3f22', table='billing_invoiceline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='settlementrun',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "billing_settlementrunevent" ("agreement_id", "cdr_count", "id", "period_ends_date", "period_starts_date", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "run_at", "run_by_id") VALUES (NEW."agreement_id", NEW."cdr_count", NEW."id", NEW."period_ends_date", NEW."period_starts_date", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."run_at", NEW."run_by_id"); RETURN NULL;', hash='0466a39dbab73146dbaf7479b214d0bf8b7f2419', operation='INSERT', pgid='pgtrigger_insert_insert_b8496', table='billing_settlementrun', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='settlementrun',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_settlementrunevent" ("agreement_id", "cdr_count", "id", "period_ends_date", "period_starts_date", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "run_at", "run_by_id") VALUES (NEW."agreement_id", NEW."cdr_count", NEW."id", NEW."period_ends_date", NEW."period_starts_date", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."run_at", NEW."run_by_id"); RETURN NULL;', hash='c4e0a14617ecd03c22c546820b1480028b6d9092', operation='UPDATE', pgid='pgtrigger_update_update_33d3c', table='billing_settlementrun', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='issued_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" = \'issued\')', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='dcf37d26118e22bd6ff8f8ad0019872240450fd8', operation='UPDATE', pgid='pgtrigger_issued_never_changes_2478b', table='billing_invoice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='issued_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" = \'issued\')', func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='1fc76fba58cc56a9f68dbb84eeb88c79172cd376', operation='DELETE', pgid='pgtrigger_issued_never_deleted_38596', table='billing_invoice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "billing_invoiceevent" ("agreement_id", "buyer_id", "companies", "created_at", "currency", "due_date", "energy_kwh", "gross", "id", "issued_at", "issued_by_id", "issued_date", "kind", "net", "number", "period_ends_date", "period_starts_date", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "run_id", "seller_id", "sequence", "sequence_year", "state", "vat_amount", "vat_note", "vat_rate") VALUES (NEW."agreement_id", NEW."buyer_id", NEW."companies", NEW."created_at", NEW."currency", NEW."due_date", NEW."energy_kwh", NEW."gross", NEW."id", NEW."issued_at", NEW."issued_by_id", NEW."issued_date", NEW."kind", NEW."net", NEW."number", NEW."period_ends_date", NEW."period_starts_date", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."run_id", NEW."seller_id", NEW."sequence", NEW."sequence_year", NEW."state", NEW."vat_amount", NEW."vat_note", NEW."vat_rate"); RETURN NULL;', hash='591eff43336bc6825a2b247d001cbe260db2e824', operation='INSERT', pgid='pgtrigger_insert_insert_0c624', table='billing_invoice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "billing_invoiceevent" ("agreement_id", "buyer_id", "companies", "created_at", "currency", "due_date", "energy_kwh", "gross", "id", "issued_at", "issued_by_id", "issued_date", "kind", "net", "number", "period_ends_date", "period_starts_date", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "run_id", "seller_id", "sequence", "sequence_year", "state", "vat_amount", "vat_note", "vat_rate") VALUES (NEW."agreement_id", NEW."buyer_id", NEW."companies", NEW."created_at", NEW."currency", NEW."due_date", NEW."energy_kwh", NEW."gross", NEW."id", NEW."issued_at", NEW."issued_by_id", NEW."issued_date", NEW."kind", NEW."net", NEW."number", NEW."period_ends_date", NEW."period_starts_date", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."run_id", NEW."seller_id", NEW."sequence", NEW."sequence_year", NEW."state", NEW."vat_amount", NEW."vat_note", NEW."vat_rate"); RETURN NULL;', hash='481a89712aacf969945fa15d49b43749b7856a2f', operation='UPDATE', pgid='pgtrigger_update_update_28c43', table='billing_invoice', when='AFTER')),
        ),
    ]
