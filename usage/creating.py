"""Creating the tables of many models in one step of a migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.migrations.operations import CreateModel, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation, OperationCategory

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState


class CreateModels(Operation):
    """Create the tables of these models, in this order.

    As many CreateModel would, but Django builds the models' classes once, at the end. After each
    CreateModel it builds anew whatever the model points at, and whatever points there too: with
    a hundred models around the same people and customers, that is nearly everything, each time.

    models: each a CreateModel, or one whose table its own SQL makes (SeparateDatabaseAndState).
    """

    category = OperationCategory.ADDITION

    def __init__(self, *models: CreateModel | SeparateDatabaseAndState) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create {len(self.models)} models"
