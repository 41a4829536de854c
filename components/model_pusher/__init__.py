"""ModelPusher: TFX's Pusher with an atomic push, checked before it is visible, and a description of the model.

`publish` is the push itself, `description` what model_metadata.json says, `executor` TFX's side of it, `component` the
contract.
"""
